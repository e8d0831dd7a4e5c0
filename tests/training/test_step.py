from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cifar_core.errors import TrainingError
from cifar_core.training import AdamW, Sgd, TrainingSpec
from cifar_core.training.batches import Normalize
from cifar_core.training.step import TrainingStep
from tests.tiny import tiny_data, tiny_network, tiny_training

CPU = torch.device("cpu")
DATA = tiny_data()
NORMALIZE = Normalize(DATA.mean, DATA.std, CPU)
IMAGES, TARGETS = DATA.train.images[:32], DATA.train.targets[:32]
RATE = 0.1


def step_of(network: nn.Module, **fields: object) -> TrainingStep:
    network.train()
    return TrainingStep(network, NORMALIZE, tiny_training(**fields), CPU)


def plain_descent() -> Sgd:
    return Sgd(learning_rate=1.0, momentum=0.0, nesterov=False, weight_decay=0.0)


def gradient(network: nn.Module) -> list[Tensor]:
    """Of the batch's loss, worked out on a copy."""
    copied = copy.deepcopy(network).train()
    loss = functional.cross_entropy(copied(NORMALIZE(IMAGES)), TARGETS)
    return list(torch.autograd.grad(loss, list(copied.parameters())))


def moved(network: nn.Module, **fields: object) -> list[Tensor]:
    """How far one step of plain gradient descent moves every parameter."""
    before = [parameter.detach().clone() for parameter in network.parameters()]
    step_of(network, optimizer=plain_descent(), **fields)(IMAGES, TARGETS, RATE, 0)
    return [old - new.detach() for old, new in zip(before, network.parameters(), strict=True)]


def test_a_long_gradient_is_scaled_down_to_the_norm_and_keeps_its_direction() -> None:
    network = tiny_network(dropout=0.0)
    wanted = gradient(network)
    norm = torch.cat([part.flatten() for part in wanted]).norm()
    for found, part in zip(moved(network, clip_norm=norm.item() / 4), wanted, strict=True):
        torch.testing.assert_close(found, RATE * part / 4, rtol=1e-3, atol=1e-6)


def test_a_short_gradient_is_left_as_it_is() -> None:
    network = tiny_network(dropout=0.0)
    wanted = gradient(network)
    for found, part in zip(moved(network, clip_norm=1e6), wanted, strict=True):
        torch.testing.assert_close(found, RATE * part, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_classes_told_as_weights_are_the_same_step(smoothing: float) -> None:
    networks = [tiny_network(dropout=0.0) for _ in range(2)]
    weights = functional.one_hot(TARGETS, 10).float()
    for targets, network in zip((TARGETS, weights), networks, strict=True):
        step_of(network, label_smoothing=smoothing)(IMAGES, targets, RATE, 0)
    one, other = (torch.cat([part.flatten() for part in network.parameters()]) for network in networks)
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_the_loss_of_a_mixed_image_is_its_classes_losses_in_their_shares() -> None:
    network, others = tiny_network(dropout=0.0), TARGETS.roll(1)
    log_chances = copy.deepcopy(network).train()(NORMALIZE(IMAGES)).log_softmax(dim=1)
    rows = torch.arange(len(IMAGES))
    wanted = -(0.7 * log_chances[rows, TARGETS] + 0.3 * log_chances[rows, others]).mean()
    weights = 0.7 * functional.one_hot(TARGETS, 10) + 0.3 * functional.one_hot(others, 10)
    loss, _ = step_of(network)(IMAGES, weights, RATE, 0)
    torch.testing.assert_close(loss, wanted.detach(), rtol=1e-5, atol=1e-6)


def test_the_right_answer_to_a_mixed_image_is_the_class_that_weighs_most() -> None:
    answers = tiny_network(dropout=0.0)
    said = copy.deepcopy(answers).train()(NORMALIZE(IMAGES)).argmax(dim=1)
    heaviest = torch.where(torch.arange(len(IMAGES)) < 20, said, (said + 1) % 10)
    other = torch.where(heaviest == said, (said + 1) % 10, said)
    weights = 0.6 * functional.one_hot(heaviest, 10) + 0.4 * functional.one_hot(other, 10)
    _, correct = step_of(answers)(IMAGES, weights, RATE, 0)
    assert correct.item() == 20


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_class_weights_are_borne_by_mixed_precision(precision: str) -> None:
    weights = functional.one_hot(TARGETS, 10).float()
    (plain, _), (mixed, _) = (
        step_of(tiny_network(dropout=0.0), precision=precision)(IMAGES, targets, RATE, 0)
        for targets in (TARGETS, weights)
    )
    torch.testing.assert_close(mixed, plain, rtol=1e-2, atol=1e-2, check_dtype=False)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_computes_in_it_and_keeps_float32_weights(precision: str) -> None:
    network, seen = tiny_network(dropout=0.0), []
    network.body[0].register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    wanted = gradient(network)
    seen.clear()
    found = moved(network, precision=precision)
    assert getattr(torch, precision) in seen
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    flat, exact = (torch.cat([part.flatten() for part in parts]) for parts in (found, wanted))
    assert torch.cosine_similarity(flat, exact, dim=0) > 0.99
    assert flat.norm() == pytest.approx((RATE * exact).norm().item(), rel=0.05)


class Steep(nn.Module):
    """Its loss is small and its gradient overflows float16 at the scaler's first scale."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(10))

    def forward(self, images: Tensor) -> Tensor:
        return (self.weight.half() * 64.0).expand(len(images), 10)


def test_a_gradient_that_overflows_float16_skips_the_step_and_lowers_the_scale() -> None:
    network = Steep()
    step = step_of(network, precision="float16", optimizer=plain_descent(), clip_norm=1.0)
    scale = step.checkpoint(0).scaler
    assert scale is not None
    loss, _ = step(IMAGES, TARGETS, RATE, 0)
    assert loss.isfinite()
    assert not network.weight.any()
    after = step.checkpoint(0).scaler
    assert after is not None
    assert after["scale"] == scale["scale"] / 2
    for _ in range(10):
        step(IMAGES, TARGETS, RATE, 0)
    assert network.weight.isfinite().all()
    assert network.weight.any()


@pytest.mark.parametrize(
    ("ours", "theirs", "sentence"),
    [
        ({}, {"optimizer": AdamW()}, "another optimizer"),
        ({"optimizer": AdamW()}, {}, "another optimizer"),
        ({"optimizer": AdamW()}, {"optimizer": AdamW(beta2=0.99)}, "another optimizer"),
        ({"ema_decay": 0.9}, {}, "averages its weights"),
        ({}, {"ema_decay": 0.9}, "averages its weights"),
        ({"precision": "float16"}, {}, "float16"),
        ({}, {"precision": "float16"}, "float16"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    ours: dict[str, object], theirs: dict[str, object], sentence: str
) -> None:
    checkpoint = step_of(tiny_network(), **theirs).checkpoint(1)
    with pytest.raises(TrainingError, match=rf"^The checkpoint is of another .*{sentence}|{sentence}.*\.$"):
        step_of(tiny_network(), **ours).restore(checkpoint, 1)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    checkpoint = step_of(nn.Sequential(nn.Linear(3, 10))).checkpoint(1)
    with pytest.raises(TrainingError, match=r"^The checkpoint holds the weights of another network\.$"):
        step_of(tiny_network()).restore(checkpoint, 1)


def test_training_on_leaves_the_checkpoint_as_it_was() -> None:
    first = step_of(tiny_network(), optimizer=AdamW(), ema_decay=0.9)
    first(IMAGES, TARGETS, RATE, 0)
    checkpoint = copy.deepcopy(first.checkpoint(1))
    before = copy.deepcopy(checkpoint)
    second = step_of(tiny_network(), optimizer=AdamW(), ema_decay=0.9)
    second.restore(checkpoint, 1)
    second(IMAGES, TARGETS, RATE, 1)
    torch.testing.assert_close(checkpoint.optimizer, before.optimizer, rtol=0, atol=0)
    torch.testing.assert_close(checkpoint.weights, before.weights, rtol=0, atol=0)


def test_without_averaging_the_network_itself_is_evaluated() -> None:
    network = tiny_network()
    assert step_of(network).evaluated is network
    assert step_of(network, ema_decay=0.9).evaluated is not network


def test_a_spec_of_defaults_needs_no_scaler_and_no_average() -> None:
    checkpoint = TrainingStep(tiny_network(), NORMALIZE, TrainingSpec(), CPU).checkpoint(3)
    assert (checkpoint.epoch, checkpoint.ema, checkpoint.scaler) == (3, None, None)
