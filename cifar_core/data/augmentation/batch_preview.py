"""A batch of training images as the network receives it: augmented, then mixed, with its classes in shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cifar_core.data.augmentation.amounts import Amount, Drawn, Report
from cifar_core.data.augmentation.catalogue import MIXERS
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.mixers import CutMix, Mixer
from cifar_core.data.augmentation.mixing import CUTMIX, MIXUP, MixDraws, draw_mix, mix_images, mix_targets
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.preview import sample_seed
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.datasets import ImageDataset, Images

_LEAST_SHARE = 0.005
"""Of a class that is told: what is less would be written as 0."""


@dataclass(frozen=True, slots=True)
class BatchPreview:
    """N images on their way to the network."""

    positions: NDArray[np.int64]
    """[N]: in the training array."""
    augmented: Images
    """uint8 [N, H, W, 3], before they are mixed."""
    received: Images
    """uint8 [N, H, W, 3]."""
    weights: NDArray[np.float32]
    """[N, C]: how much of each class the answer is to be; every row sums to 1."""
    draws: tuple[Draws, ...]
    """One a transform, in the order of the spec."""
    mix: MixDraws

    @property
    def mixed(self) -> NDArray[np.intp]:
        """Places in the batch of the images that were mixed with another."""
        places: NDArray[np.intp] = np.flatnonzero(self.mix.kind)
        return places


def draw_batch(dataset: ImageDataset, spec: AugmentationSpec, count: int, draw: int) -> BatchPreview:
    """Takes training images anywhere out of the set, augments them by albumentations and mixes them.

    Args:
        dataset: its mean is the fill colour "mean".
        spec: transforms and mixers.
        count: images, at most as many as there are.
        draw: 0 or more: decides which images, and everything that is drawn for them.
    """
    positions = np.random.default_rng(draw).permutation(len(dataset.train))[:count]
    seeds = [int(sample_seed(draw, int(position), 0)) for position in positions]
    recorded = AlbumentationsPipeline(spec, dataset.mean).record(dataset.train.images[positions], seeds)
    mix = draw_mix(spec.batch, len(positions), draw)
    targets = torch.from_numpy(dataset.train.targets[positions].astype(np.int64))
    return BatchPreview(
        positions,
        recorded.images,
        mix_images(torch.from_numpy(recorded.images), mix).numpy(),
        mix_targets(targets, mix, len(dataset.class_names)).numpy(),
        recorded.draws,
        mix,
    )


def most_telling(batch: BatchPreview, targets: NDArray[np.int64]) -> NDArray[np.intp]:
    """The mixed images, those first in which mixing is seen best: two classes, in shares as even as possible.

    Args:
        batch: whose.
        targets: of all training images.
    """
    own = targets[batch.positions]
    is_same = own[batch.mixed] == own[batch.mix.partners[batch.mixed]]
    unevenness = np.abs(batch.mix.shares[batch.mixed] - 0.5)
    places: NDArray[np.intp] = batch.mixed[np.lexsort((unevenness, is_same))]
    return places


def tell_classes(weights: NDArray[np.float32], class_names: Sequence[str]) -> str:
    """Shares in words, the larger first: "cat 70 %, dog 30 %"; "cat" where it is the whole of it.

    Args:
        weights: [C].
        class_names: C.
    """
    told = [int(number) for number in np.argsort(-weights, kind="stable") if weights[number] >= _LEAST_SHARE]
    if len(told) == 1:
        return str(class_names[told[0]])
    return ", ".join(f"{_apart(class_names[number])} {round(100 * float(weights[number]))} %" for number in told)


def _apart(name: str) -> str:
    """A class that is a number, in quotes: beside its share it would be read as part of it."""
    return f'"{name}"' if name.isdigit() else name


def report_mix(spec: AugmentationSpec, mix: MixDraws) -> tuple[Report, ...]:
    """Compares what each mixer was to do with what it did."""
    return tuple(_report(mixer, len(spec.batch), mix) for mixer in spec.batch)


def _report(mixer: Mixer, mixers: int, mix: MixDraws) -> Report:
    happened = mix.kind == (CUTMIX if isinstance(mixer, CutMix) else MIXUP)
    share = Drawn(Amount("Own share", "share", (0.0, 1.0)), mix.shares[happened].astype(np.float64))
    # Of two mixers a coin chooses, before the chance of each counts.
    return Report(MIXERS[mixer.type].title, mixer.p / mixers, int(happened.sum()), len(mix), (share,))
