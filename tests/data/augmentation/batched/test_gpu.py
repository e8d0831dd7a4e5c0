"""The batched engine on a GPU; torch, NumPy, pydantic and pytest are all that these tests need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import Tensor

from cifar_core.data.augmentation import (
    AugmentationSpec,
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    GaussianBlur,
    Grayscale,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS
from tests.data.augmentation.batched.helpers import BORDERS, MEAN, noise, spec_of

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")]

EXACT: tuple[Transform, ...] = (
    HorizontalFlip(),
    *(RandomCrop(border=border, p=0.8) for border in BORDERS),
    CoarseDropout(),
    CoarseDropout(holes=(1, 9), height=(1, 20), width=(1, 20)),
    BrightnessContrast(brightness=0.6, contrast=0.6),
    Grayscale(p=0.5),
    ColorJitter(p=0.9),
    ColorJitter(brightness=1, contrast=1, saturation=1, hue=0.5, p=1),
)
WITHIN_A_LEVEL: tuple[Transform, ...] = (
    *(ShiftScaleRotate(border=border, p=1) for border in BORDERS),
    *(ShiftScaleRotate(border=border, shift_limit=1, scale_limit=0.9, rotate_limit=180, p=0.9) for border in BORDERS),
    GaussianBlur(p=0.9),
    GaussianBlur(sigma=(0.1, 4.0), p=1),
)
MOVES = [TRIVIAL_OPS.index(op) for op in ("shear_x", "shear_y", "translate_x", "translate_y", "rotate")]


def name_of(transform: Transform) -> str:
    return f"{transform.type}-{getattr(transform, 'border', '')}-{transform.p:g}"


def on_both(spec: AugmentationSpec) -> tuple[Tensor, Tensor]:
    """What the processor and the GPU make of 300 images by one seed."""
    pipeline, images = BatchedPipeline(spec, MEAN), torch.from_numpy(noise())
    on_gpu = pipeline(images.cuda(), 5)
    assert on_gpu.is_cuda
    return pipeline(images, 5), on_gpu.cpu()


def levels_apart(one: Tensor, other: Tensor) -> Tensor:
    return (one.int() - other.int()).abs()


@contextmanager
def waiting_forbidden() -> Iterator[None]:
    """PyTorch refuses everything that makes the host wait for the GPU."""
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("transform", EXACT, ids=name_of)
def test_a_gpu_makes_the_same_images(transform: Transform) -> None:
    assert torch.equal(*on_both(spec_of(transform)))


@pytest.mark.parametrize("transform", WITHIN_A_LEVEL, ids=name_of)
def test_a_gpu_moves_and_blurs_within_a_level(transform: Transform) -> None:
    apart = levels_apart(*on_both(spec_of(transform)))
    assert apart.max() <= 1
    assert (apart > 0).float().mean() < 0.001


@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_a_gpu_carries_out_every_operation_of_trivial_augment(strength: float) -> None:
    spec = spec_of(TrivialAugment(strength=strength))
    apart = levels_apart(*on_both(spec))
    moved = np.isin(BatchedPipeline(spec, MEAN).draw(len(apart), 5)[0].values["op"], MOVES)
    assert apart[torch.from_numpy(moved)].max() <= 1
    assert apart[torch.from_numpy(~moved)].max() == 0


def test_no_precision_that_training_may_ask_for_changes_the_images() -> None:
    spec = spec_of(GaussianBlur(p=1), ShiftScaleRotate(p=1), ColorJitter(p=1))
    pipeline, images = BatchedPipeline(spec, MEAN), torch.from_numpy(noise()).cuda()
    exact = pipeline(images, 5)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cuda", dtype=torch.float16):
            assert torch.equal(pipeline(images, 5), exact)
    finally:
        torch.set_float32_matmul_precision(before)


def test_the_host_never_waits_for_the_gpu() -> None:
    transforms = (*EXACT, *WITHIN_A_LEVEL, TrivialAugment())
    pipelines, images = [BatchedPipeline(spec_of(each), MEAN) for each in transforms], torch.from_numpy(noise()).cuda()
    warm = [pipeline(images, 5) for pipeline in pipelines]
    with waiting_forbidden():
        again = [pipeline(images, 5) for pipeline in pipelines]
    assert all(torch.equal(*pair) for pair in zip(warm, again, strict=True))


def test_an_empty_batch_and_a_single_image_are_taken() -> None:
    pipeline = BatchedPipeline(spec_of(*(each.changed(p=1) for each in (*EXACT, *WITHIN_A_LEVEL))), MEAN)
    for count in (0, 1):
        assert pipeline(torch.from_numpy(noise(count)).cuda(), 1).shape == (count, 32, 32, 3)
