from __future__ import annotations

import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss

from cifar_core.training import evaluate as evaluate_module
from cifar_core.training.batches import Normalize
from cifar_core.training.evaluate import StopRequested, evaluate_logits, predict_logits
from tests.tiny import tiny_data, tiny_network

DATA = tiny_data()
NORMALIZE = Normalize(DATA.mean, DATA.std, torch.device("cpu"))


def test_loss_and_accuracy_are_those_of_scikit_learn() -> None:
    network = tiny_network()
    logits = predict_logits(network, DATA.evaluation.images, NORMALIZE)
    result = evaluate_logits(logits, DATA.evaluation.targets)
    with torch.no_grad():
        probabilities = network.eval()(NORMALIZE(DATA.evaluation.images)).double().softmax(dim=1).numpy()
    targets = DATA.evaluation.targets.numpy()
    assert result.loss == pytest.approx(log_loss(targets, probabilities, labels=range(10)), rel=1e-5)
    assert result.accuracy == accuracy_score(targets, probabilities.argmax(axis=1))
    assert result.count == len(targets)


def test_the_size_of_the_parts_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = predict_logits(tiny_network(), DATA.evaluation.images, NORMALIZE)
    monkeypatch.setattr(evaluate_module, "EVALUATION_BATCH", 15)
    parts = predict_logits(tiny_network(), DATA.evaluation.images, NORMALIZE)
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-5)


def test_dropout_and_the_moving_statistics_rest_while_evaluating() -> None:
    network = tiny_network(dropout=0.9).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    first, second = (predict_logits(network, DATA.evaluation.images, NORMALIZE) for _ in range(2))
    assert torch.equal(first, second)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_in_the_mode_in_which_it_came(training: bool) -> None:
    network = tiny_network().train(training)
    predict_logits(network, DATA.evaluation.images, NORMALIZE)
    assert all(module.training == training for module in network.modules())
    with pytest.raises(StopRequested):
        predict_logits(network, DATA.evaluation.images, NORMALIZE, should_stop=lambda: True)
    assert all(module.training == training for module in network.modules())


def test_a_stop_ends_between_two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate_module, "EVALUATION_BATCH", 16)
    answers = iter([False, False, True])
    with pytest.raises(StopRequested):
        predict_logits(tiny_network(), DATA.evaluation.images, NORMALIZE, should_stop=lambda: next(answers))
    assert next(answers, "all asked") == "all asked"


def test_a_loss_that_is_not_finite_is_told_as_such() -> None:
    logits = torch.tensor([[float("nan"), 0.0], [0.0, 1.0]])
    assert not torch.tensor(evaluate_logits(logits, torch.tensor([0, 1])).loss).isfinite()
