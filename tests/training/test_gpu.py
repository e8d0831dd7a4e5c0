"""On a GPU: the same training as on the processor, however a step is carried out."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation import CoarseDropout, HorizontalFlip, RandomCrop, ShiftScaleRotate
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.training import AdamW, Sgd, TrainingSpec
from cifar_core.training.batches import Normalize, TensorImages, TrainingData
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes, load_checkpoint
from cifar_core.training.loop import train
from cifar_core.training.metrics import EpochMetrics
from cifar_core.training.spec import Optimizer
from cifar_core.training.step import TrainingStep
from cifar_core.training.step_graph import WARM_UP_STEPS
from tests.tiny import Recorder, tiny_data, tiny_network, tiny_training, unchanged

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")]

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
MIXED = AugmentationSpec(
    transforms=(RandomCrop(), HorizontalFlip(), ShiftScaleRotate(border="reflect"), CoarseDropout(height=8, width=8))
)


def on_gpu(data: TrainingData) -> TrainingData:
    train_images = TensorImages(data.train.images.to(CUDA), data.train.targets.to(CUDA))
    return replace(data, train=train_images)


class Keeper(Recorder):
    """Keeps the last checkpoint as it would come back from a file: on the host, and its own memory."""

    checkpoint: Checkpoint | None = None

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._path = folder / "last.pt"

    def on_epoch(self, metrics: EpochMetrics, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        super().on_epoch(metrics, checkpoint, eval_logits)
        self._path.write_bytes(checkpoint_bytes(checkpoint))
        self.checkpoint = load_checkpoint(self._path)


def trained(
    spec: TrainingSpec, device: torch.device, start: Checkpoint | None = None, seen: Recorder | None = None
) -> Recorder:
    seen = seen or Recorder()
    data = tiny_data() if device.type == "cpu" else on_gpu(tiny_data())
    train(tiny_network(0, dropout=0.0), data, spec, device, unchanged, seen, start)
    return seen


def losses(seen: Recorder) -> list[float]:
    return [metrics.train_loss for metrics in seen.metrics]


@pytest.mark.parametrize("execution", ["eager", "graph"])
@pytest.mark.parametrize("optimizer", [Sgd(learning_rate=0.1), AdamW(learning_rate=0.003)], ids=["sgd", "adamw"])
def test_a_gpu_follows_the_curve_of_the_processor(execution: str, optimizer: Optimizer) -> None:
    spec = tiny_training(epochs=3, optimizer=optimizer.model_dump(), ema_decay=0.9, clip_norm=5.0, decay_norms=False)
    here = losses(trained(spec, CPU))
    there = losses(trained(spec.changed(execution=execution, device="cuda"), CUDA))
    assert there == pytest.approx(here, rel=0.02)
    assert there[-1] < there[0]


def test_compiled_steps_follow_it_too() -> None:
    spec = tiny_training(epochs=3)
    there = losses(trained(spec.changed(execution="compiled", device="cuda"), CUDA))
    assert there == pytest.approx(losses(trained(spec, CPU)), rel=0.02)


@pytest.mark.parametrize(("first", "second"), [(CPU, CUDA), (CUDA, CPU)], ids=["to the GPU", "back"])
@pytest.mark.parametrize("optimizer", [Sgd(learning_rate=0.1), AdamW(learning_rate=0.003)], ids=["sgd", "adamw"])
def test_a_checkpoint_goes_on_elsewhere(
    tmp_path: Path, first: torch.device, second: torch.device, optimizer: Optimizer
) -> None:
    spec = tiny_training(optimizer=optimizer.model_dump(), schedule={"kind": "constant"}, ema_decay=0.9)
    spec = spec.changed(epochs=4, execution="graph", decay_norms=False)
    half = Keeper(tmp_path)
    trained(spec.changed(epochs=2), first, seen=half)
    rest = trained(spec, second, start=half.checkpoint)
    assert [metrics.epoch for metrics in rest.metrics] == [3, 4]
    assert losses(rest) == pytest.approx(losses(trained(spec, CPU))[2:], rel=0.03)


def test_steps_and_augmentation_never_wait_for_the_device() -> None:
    spec = tiny_training(execution="graph", ema_decay=0.99, precision="bfloat16", device="cuda")
    data = on_gpu(tiny_data())
    step = TrainingStep(tiny_network(), Normalize(data.mean, data.std, CUDA), spec, CUDA)
    augment = BatchedPipeline(MIXED, data.mean)
    images, targets = data.train.images[: spec.batch_size], data.train.targets[: spec.batch_size]
    for number in range(WARM_UP_STEPS + 1):
        step(augment(images, number), targets, 0.1, number)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in range(5):
            step(augment(images, number), targets, 0.1, number)
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_a_replayed_step_has_dropout_of_its_own_seed() -> None:
    """Without it every replay would hide the same elements."""
    spec = tiny_training(execution="graph", optimizer=Sgd(learning_rate=1e-9).model_dump(), device="cuda")
    data = on_gpu(tiny_data())
    step = TrainingStep(tiny_network(0, dropout=0.5), Normalize(data.mean, data.std, CUDA), spec, CUDA)
    step.network.train()
    images, targets = data.train.images[: spec.batch_size], data.train.targets[: spec.batch_size]
    seen = [step(images, targets, 1e-9, seed)[0].clone() for seed in (0, 0, 0, 0, 1, 2, 3, 1)]
    replayed: list[Tensor] = seen[WARM_UP_STEPS + 1 :]
    assert all(not torch.equal(one, other) for one, other in pairwise(replayed[:3]))
    assert replayed[0].item() == pytest.approx(replayed[3].item(), rel=1e-4)


@pytest.mark.parametrize("border", ["constant", "reflect", "replicate"])
def test_a_gpu_draws_the_same_pictures(border: str) -> None:
    images = tiny_data().train.images
    transforms = (
        RandomCrop.model_validate({"border": border}),
        HorizontalFlip(),
        ShiftScaleRotate.model_validate({"border": border}),
        CoarseDropout(holes=(1, 3), height=(4, 12)),
    )
    pipeline = BatchedPipeline(AugmentationSpec(transforms=transforms), (0.5, 0.4, 0.3))
    here, there = pipeline(images, 7), pipeline(images.to(CUDA), 7).cpu()
    assert (here.int() - there.int()).abs().max() <= 1
    assert (here == there).float().mean() > 0.99
