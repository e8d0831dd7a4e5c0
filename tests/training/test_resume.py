from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from cifar_core.data import find_augmentation
from cifar_core.errors import TrainingError
from cifar_core.files import write_atomically
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import AdamW, Sgd, TrainingSpec
from cifar_core.training.batches import Augment
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes, load_checkpoint
from cifar_core.training.loop import train
from cifar_core.training.metrics import EpochMetrics
from tests.tiny import Recorder, tiny_config, tiny_data, tiny_network, tiny_training, unchanged

CPU = torch.device("cpu")
DATA = tiny_data()


class Saver(Recorder):
    """Keeps the last checkpoint as a file, and stops after an epoch if asked to."""

    def __init__(self, path: Path, last_epoch: int | None = None) -> None:
        super().__init__()
        self.path, self.last_epoch = path, last_epoch

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        super().on_epoch(metrics, checkpoint, eval_logits)
        write_atomically(self.path, checkpoint_bytes(checkpoint))

    def should_stop(self) -> bool:
        return bool(self.metrics) and self.metrics[-1].epoch == self.last_epoch


@pytest.fixture(scope="module")
def augment() -> Augment:
    config = tiny_config(augmentation=find_augmentation("assignment").spec)
    return load_run_data(config).augment()


def figures(metrics: list[EpochMetrics]) -> list[tuple[float, ...]]:
    """All that does not depend on the clock."""
    return [(m.epoch, m.train_loss, m.train_accuracy, m.last_batch_loss, m.eval_loss, m.learning_rate) for m in metrics]


def assert_same(one: object, other: object) -> None:
    """Equal to the last bit, through dictionaries and lists."""
    if isinstance(one, Tensor):
        assert isinstance(other, Tensor)
        assert torch.equal(one, other)
    elif isinstance(one, dict):
        assert isinstance(other, dict)
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, list):
        assert isinstance(other, list)
        for mine, yours in zip(one, other, strict=True):
            assert_same(mine, yours)
    else:
        assert one == other


FULL: dict[str, object] = {"ema_decay": 0.9, "clip_norm": 0.5, "augmentation_first": 0.2, "alternate_flips": True}


@pytest.mark.parametrize(
    "spec",
    [
        tiny_training(epochs=4, optimizer=Sgd(learning_rate=0.2)),
        tiny_training(epochs=4, optimizer=Sgd(learning_rate=0.2, momentum=0.0)),
        tiny_training(epochs=4, optimizer=Sgd(learning_rate=0.2), **FULL),
        tiny_training(epochs=4, optimizer=AdamW(learning_rate=0.01)),
        tiny_training(epochs=4, optimizer=AdamW(learning_rate=0.01), **FULL),
        tiny_training(epochs=4, optimizer=Sgd(learning_rate=0.2), precision="float16", **FULL),
    ],
    ids=["sgd", "no-momentum", "sgd-full", "adamw", "adamw-full", "float16"],
)
def test_going_on_from_a_file_comes_to_the_bits_of_the_whole_training(
    tmp_path: Path, augment: Augment, spec: TrainingSpec
) -> None:
    whole = Saver(tmp_path / "whole.pt")
    assert train(tiny_network(dropout=0.3), DATA, spec, CPU, augment, whole) == "completed"

    first, second = Saver(tmp_path / "parts.pt", last_epoch=2), Saver(tmp_path / "parts.pt")
    assert train(tiny_network(dropout=0.3), DATA, spec, CPU, augment, first) == "stopped"
    start = load_checkpoint(tmp_path / "parts.pt")
    assert start.epoch == 2
    torch.manual_seed(99)
    # Another network's first weights: nothing but the file may matter.
    assert train(tiny_network(seed=7, dropout=0.3), DATA, spec, CPU, augment, second, start) == "completed"

    assert figures(first.metrics) + figures(second.metrics) == figures(whole.metrics)
    assert_same(first.logits + second.logits, whole.logits)
    ends = [load_checkpoint(tmp_path / name) for name in ("parts.pt", "whole.pt")]
    for part in ("epoch", "network", "optimizer", "ema", "scaler"):
        assert_same(*(getattr(end, part) for end in ends))
    assert (ends[0].ema is None) == (spec.ema_decay is None)


def test_a_training_that_is_whole_already_is_completed_without_a_step(tmp_path: Path) -> None:
    spec, saver = tiny_training(epochs=1), Saver(tmp_path / "last.pt")
    train(tiny_network(), DATA, spec, CPU, unchanged, saver)
    seen, network = Recorder(), tiny_network(seed=5)
    start = load_checkpoint(tmp_path / "last.pt")
    assert train(network, DATA, spec, CPU, unchanged, seen, start) == "completed"
    assert seen.metrics == []
    assert_same(dict(network.state_dict()), start.network)


def test_another_network_s_checkpoint_is_a_sentence(tmp_path: Path) -> None:
    saver = Saver(tmp_path / "last.pt")
    train(tiny_network(), DATA, tiny_training(epochs=1), CPU, unchanged, saver)
    other = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 10))
    with pytest.raises(TrainingError, match=r"^The checkpoint holds the weights of another network\.$"):
        train(other, DATA, tiny_training(), CPU, unchanged, Recorder(), load_checkpoint(tmp_path / "last.pt"))
