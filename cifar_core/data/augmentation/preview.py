"""Augmentation looked at: originals, samples of each, and what was drawn for every sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.datasets import ImageDataset, Images


@dataclass(frozen=True, slots=True)
class Samples:
    """N originals, S samples of each."""

    originals: Images
    """uint8 [N, H, W, 3]."""
    images: Images
    """uint8 [N, S, H, W, 3]."""
    seeds: NDArray[np.uint32]
    """[N, S]: what decided every draw of a sample; the code that the page gives away takes it too."""
    draws: tuple[Draws, ...]
    """One a transform, in the order of the spec, each for N * S images, those of the first original first."""


def draw_samples(
    pipeline: AlbumentationsPipeline, originals: Images, numbers: Sequence[int], samples: int, draw: int
) -> Samples:
    """Draws each original several times.

    Args:
        pipeline: what happens to them.
        originals: uint8 [N, H, W, 3].
        numbers: N, each 0 or more: with `draw` and a sample's place, an original's number decides what is drawn for it,
            whatever else is looked at beside it.
        samples: of each original.
        draw: 0 or more; another number gives other samples.
    """
    seeds = np.array([[sample_seed(draw, number, place) for place in range(samples)] for number in numbers])
    recorded = pipeline.record(originals.repeat(samples, axis=0), seeds.ravel().tolist())
    images = recorded.images.reshape(len(originals), samples, *originals.shape[1:])
    return Samples(originals, images, seeds.reshape(len(originals), samples), recorded.draws)


def sample_seed(draw: int, number: int, place: int) -> np.uint32:
    """The seed of one sample of one original; numbers that differ anywhere give seeds with nothing in common."""
    seed: np.uint32 = np.random.SeedSequence((draw, number, place)).generate_state(1)[0]
    return seed


def first_of_each_class(dataset: ImageDataset) -> list[int]:
    """Positions of the first training image of every class."""
    return [int(np.flatnonzero(dataset.train.targets == number)[0]) for number in range(len(dataset.class_names))]
