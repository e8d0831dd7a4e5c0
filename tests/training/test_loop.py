from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from cifar_core.architecture.build import CompactNetwork
from cifar_core.data import find_augmentation
from cifar_core.errors import TrainingError
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import Sgd, TrainingSpec, learning_rate
from cifar_core.training import totals as totals_module
from cifar_core.training.batches import Augment, Normalize, TensorImages, TrainingData
from cifar_core.training.checkpoint import Checkpoint
from cifar_core.training.evaluate import predict_logits
from cifar_core.training.loop import DivergedError, train
from cifar_core.training.metrics import EpochMetrics
from cifar_core.training.seeds import derive_seed
from tests.tiny import Recorder, flip_some, tiny_config, tiny_data, tiny_network, tiny_training, unchanged

CPU = torch.device("cpu")
DATA = tiny_data()


def trained(
    spec: TrainingSpec, augment: Augment = flip_some, observer: Recorder | None = None, data: TrainingData = DATA
) -> CompactNetwork:
    network = tiny_network(spec.seed)
    train(network, data, spec, CPU, augment, observer or Recorder())
    return network


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def by_hand(spec: TrainingSpec, augment: Augment, seed: int = 0, dropout: float = 0.1) -> CompactNetwork:
    """The same training as anybody would write it with PyTorch."""
    network = tiny_network(seed, dropout).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0, momentum=0.9, nesterov=True, weight_decay=5e-4)
    normalize, size = Normalize(DATA.mean, DATA.std, CPU), spec.batch_size
    steps = math.ceil(len(DATA.train) / size)
    network.train()
    for epoch in range(1, spec.epochs + 1):
        generator = torch.Generator().manual_seed(derive_seed(seed, "order", epoch))
        order = torch.randperm(len(DATA.train), generator=generator)
        for step in range(steps):
            chosen = order[step * size : (step + 1) * size]
            images, targets = augment(
                DATA.train.images[chosen],
                DATA.train.targets[chosen],
                derive_seed(seed, "augmentation", epoch, step),
                1.0,
            )
            torch.manual_seed(derive_seed(seed, "step", epoch, step))
            optimizer.param_groups[0]["lr"] = learning_rate(spec, (epoch - 1) + step / steps)
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(normalize(images)), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return network


def test_a_plain_pytorch_loop_comes_to_the_same_bits() -> None:
    spec = tiny_training(epochs=2, batch_size=100)
    assert same(trained(spec).state_dict(), by_hand(spec, flip_some).state_dict())


def test_the_same_seed_gives_the_same_bits_whatever_else_draws_random_numbers() -> None:
    config = tiny_config(augmentation=find_augmentation("assignment").spec)
    augment = load_run_data(config).augment()
    first = trained(config.training, augment)
    torch.manual_seed(12345)

    def disturb() -> None:
        np.random.seed(1)
        torch.manual_seed(4321)
        torch.rand(7)

    second = trained(config.training, augment, Recorder(on_question=disturb))
    assert same(first.state_dict(), second.state_dict())


def test_another_seed_gives_another_network() -> None:
    start = tiny_network(0)
    results = []
    for seed in (0, 1):
        network = copy.deepcopy(start)
        train(network, DATA, tiny_training(epochs=1, seed=seed), CPU, unchanged, Recorder())
        results.append(network.state_dict())
    assert not same(*results)


def test_the_seed_decides_dropout_too() -> None:
    spec = tiny_training(epochs=1, batch_size=256)
    with_dropout, without = tiny_network(0, dropout=0.5), tiny_network(0, dropout=0.0)
    for network in (with_dropout, without):
        train(network, DATA, spec, CPU, unchanged, Recorder())
    assert not same(with_dropout.state_dict(), without.state_dict())


def test_a_network_learns_digits() -> None:
    seen = Recorder()
    trained(tiny_training(epochs=30), observer=seen)
    assert [metrics.epoch for metrics in seen.metrics] == list(range(1, 31))
    assert seen.metrics[-1].train_loss < 0.7 * seen.metrics[0].train_loss
    assert seen.metrics[-1].eval_accuracy > 0.4


def test_a_stop_within_an_epoch_keeps_the_last_whole_one() -> None:
    whole = Recorder()
    trained(tiny_training(epochs=3), observer=whole)
    # Five questions an epoch: four batches and one part of the evaluation.
    seen, network = Recorder(stop_at=5 + 3), tiny_network(0)
    assert train(network, DATA, tiny_training(epochs=3), CPU, flip_some, seen) == "stopped"
    assert [metrics.epoch for metrics in seen.metrics] == [1]
    assert same(seen.weights[0], whole.weights[0])
    assert not same(dict(network.state_dict()), whole.weights[0])


@pytest.mark.parametrize("question", [1, 4, 5])
def test_a_stop_before_the_first_epoch_is_whole_reports_none(question: int) -> None:
    seen = Recorder(stop_at=question)
    assert train(tiny_network(), DATA, tiny_training(), CPU, unchanged, seen) == "stopped"
    assert seen.metrics == []
    assert seen.questions == question


def test_a_huge_learning_rate_diverges_with_a_sentence() -> None:
    spec = tiny_training(epochs=5, optimizer=Sgd(learning_rate=10, momentum=0.99, weight_decay=0.9))
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 64), nn.Linear(64, 10))
    with pytest.raises(DivergedError, match=r"^The loss became (nan|inf) in epoch \d: try a lower learning rate\.$"):
        train(network, DATA, spec, CPU, unchanged, Recorder())


class Poisoned(nn.Module):
    """Answers with what is no number, in training or in evaluation."""

    def __init__(self, while_training: bool) -> None:
        super().__init__()
        self.inner, self.while_training = nn.Linear(3, 10), while_training

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.inner(images.mean(dim=(2, 3)))
        return logits * float("nan") if self.training == self.while_training else logits


@pytest.mark.parametrize("while_training", [True, False])
def test_a_loss_that_is_no_number_stores_no_epoch(while_training: bool) -> None:
    seen = Recorder()
    with pytest.raises(DivergedError, match="epoch 1"):
        train(Poisoned(while_training), DATA, tiny_training(), CPU, unchanged, seen)
    assert seen.metrics == []


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_figures_of_an_epoch_of_one_batch_are_those_worked_out_by_hand(smoothing: float) -> None:
    spec = tiny_training(epochs=1, batch_size=256, label_smoothing=smoothing)
    network, seen = tiny_network(dropout=0.0), Recorder()
    normalize = Normalize(DATA.mean, DATA.std, CPU)
    with torch.no_grad():
        before = copy.deepcopy(network).train()(normalize(DATA.train.images)).double()
    log_probability = before.log_softmax(dim=1)
    right = log_probability[torch.arange(256), DATA.train.targets]
    loss = -((1 - smoothing) * right + smoothing * log_probability.mean(dim=1)).mean().item()

    train(network, DATA, spec, CPU, unchanged, seen)

    with torch.no_grad():
        after = network.eval()(normalize(DATA.evaluation.images)).double().log_softmax(dim=1)
    targets = DATA.evaluation.targets
    (metrics,) = seen.metrics
    assert metrics.train_loss == pytest.approx(loss, rel=1e-5)
    assert metrics.last_batch_loss == pytest.approx(loss, rel=1e-5)
    assert metrics.train_accuracy == (before.argmax(dim=1) == DATA.train.targets).float().mean().item()
    # Smoothed labels belong to training alone.
    assert metrics.eval_loss == pytest.approx(-after[torch.arange(64), targets].mean().item(), rel=1e-5)
    assert metrics.eval_correct == (after.argmax(dim=1) == targets).sum().item()
    assert (metrics.eval_count, metrics.eval_accuracy) == (64, metrics.eval_correct / 64)
    assert (metrics.batches, metrics.split, metrics.epoch) == (1, "validation", 1)


def test_the_training_loss_is_the_mean_over_images_not_over_batches() -> None:
    steps: list[tuple[float, int]] = []

    class Fixed(nn.Module):
        """Its loss depends on the size of the batch alone: no weight of it matters."""

        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(torch.zeros(()))

        def forward(self, images: Tensor) -> Tensor:
            logits = torch.zeros(len(images), 10)
            logits[:, 0] = len(images) / 100
            if self.training:
                steps.append((len(images) / 100, len(images)))
            return logits + 0 * self.unused

    zeros = TensorImages(DATA.train.images, torch.zeros(256, dtype=torch.int64))
    data = TrainingData(zeros, DATA.evaluation, "validation", DATA.mean, DATA.std)
    seen = Recorder()
    train(Fixed(), data, tiny_training(epochs=1, batch_size=100), CPU, unchanged, seen)
    assert [size for _, size in steps] == [100, 100, 56]
    total = sum(size * (math.log(9 + math.exp(logit)) - logit) for logit, size in steps)
    assert seen.metrics[0].train_loss == pytest.approx(total / 256, rel=1e-6)
    assert seen.metrics[0].train_accuracy == 1.0


def test_progress_is_reported_at_the_end_of_every_epoch() -> None:
    seen = Recorder()
    trained(tiny_training(epochs=3), observer=seen)
    ends = [progress for progress in seen.progress if progress.batch == progress.batches]
    assert [progress.epoch for progress in ends] == [1, 2, 3]
    assert all(progress.batches == 4 for progress in ends)
    assert [progress.accuracy for progress in ends] == [metrics.train_accuracy for metrics in seen.metrics]
    assert [progress.loss for progress in ends] == [metrics.last_batch_loss for metrics in seen.metrics]


def test_a_slow_epoch_reports_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "PROGRESS_SECONDS", 0.0)
    seen = Recorder()
    trained(tiny_training(epochs=1), observer=seen)
    assert sorted({progress.batch for progress in seen.progress}) == [1, 2, 3, 4]


def test_recent_figures_are_those_since_the_report_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "PROGRESS_SECONDS", 0.0)
    seen = Recorder()
    trained(tiny_training(epochs=1, batch_size=100), observer=seen)
    assert [progress.batch for progress in seen.progress] == [1, 2, 3]
    assert [p.recent_loss for p in seen.progress] == pytest.approx([p.loss for p in seen.progress], rel=1e-6)
    sizes = (100, 100, 56)
    right = [progress.recent_accuracy * size for progress, size in zip(seen.progress, sizes, strict=True)]
    done = (100, 200, 256)
    so_far = [progress.accuracy * count for progress, count in zip(seen.progress, done, strict=True)]
    assert np.cumsum(right) == pytest.approx(so_far)
    assert right == pytest.approx(np.round(right))


def test_an_epoch_read_once_has_recent_figures_of_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals_module, "PROGRESS_SECONDS", 1e9)
    seen = Recorder()
    trained(tiny_training(epochs=2), observer=seen)
    assert [progress.recent_loss for progress in seen.progress] == [metrics.train_loss for metrics in seen.metrics]
    assert [progress.recent_accuracy for progress in seen.progress] == [m.train_accuracy for m in seen.metrics]


@pytest.mark.parametrize("ema_decay", [None, 0.9])
def test_the_logits_handed_over_are_those_of_the_stored_weights(ema_decay: float | None) -> None:
    class Keeper(Recorder):
        def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
            super().on_epoch(metrics, checkpoint, eval_logits)
            self.kept = copy.deepcopy(checkpoint)

    seen = Keeper()
    trained(tiny_training(epochs=2, ema_decay=ema_decay), observer=seen)
    network = tiny_network(seed=3)
    network.load_state_dict(seen.kept.weights)
    logits = predict_logits(network, DATA.evaluation.images, Normalize(DATA.mean, DATA.std, CPU))
    torch.testing.assert_close(seen.logits[-1], logits, rtol=1e-4, atol=1e-5)
    assert (seen.logits[-1].dtype, seen.logits[-1].shape) == (torch.float32, (64, 10))
    assert seen.metrics[-1].eval_correct == (logits.argmax(dim=1) == DATA.evaluation.targets).sum()
    assert same(seen.kept.network, seen.kept.weights) == (ema_decay is None)


def test_the_rate_told_of_an_epoch_is_that_of_its_last_step() -> None:
    spec, seen = tiny_training(epochs=2), Recorder()
    trained(spec, observer=seen)
    assert [metrics.learning_rate for metrics in seen.metrics] == [learning_rate(spec, 0.75), learning_rate(spec, 1.75)]


class Failing(nn.Linear):
    """Fails in its first step."""

    def __init__(self, error: Exception) -> None:
        super().__init__(3, 10)
        self.error = error

    def forward(self, images: Tensor) -> Tensor:
        raise self.error


@pytest.mark.parametrize(("batch_size", "advice"), [(64, "try 32"), (3, "try 2"), (2, "try a smaller network")])
@pytest.mark.parametrize(
    ("error", "where"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."), "GPU"),
        (MemoryError(), "machine"),
    ],
)
def test_too_little_memory_names_a_smaller_batch(error: Exception, where: str, batch_size: int, advice: str) -> None:
    sentence = rf"^The {where} ran out of memory at batch size {batch_size}: {advice}\.$"
    with pytest.raises(TrainingError, match=sentence):
        train(Failing(error), DATA, tiny_training(batch_size=batch_size), CPU, unchanged, Recorder())


def test_a_real_lack_of_memory_on_a_processor_is_told_as_one() -> None:
    class Hungry(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            return torch.empty(2**60, dtype=torch.uint8).float()

    with pytest.raises(TrainingError, match=r"^The machine ran out of memory at batch size 64: try 32\.$"):
        train(Hungry(3, 10), DATA, tiny_training(), CPU, unchanged, Recorder())


def test_another_failure_of_the_network_is_not_taken_for_a_lack_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        train(Failing(RuntimeError("shapes do not fit")), DATA, tiny_training(), CPU, unchanged, Recorder())


def test_a_caller_without_gradients_still_trains() -> None:
    with torch.no_grad():
        network = trained(tiny_training(epochs=1))
    assert not same(dict(network.state_dict()), dict(tiny_network().state_dict()))


def test_the_images_are_left_as_they_were() -> None:
    before = DATA.train.images.clone()
    trained(tiny_training(epochs=1))
    assert torch.equal(DATA.train.images, before)
