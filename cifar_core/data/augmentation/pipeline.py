"""AugmentationSpec carried out by albumentations, image by image."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cifar_core.data.augmentation.calls import albumentations_call
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.recording import forget, gathered, recorded
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.datasets import Images

if TYPE_CHECKING:
    import albumentations as A


@dataclass(frozen=True, slots=True)
class Recorded:
    """Augmented images with what was drawn for them."""

    images: Images
    """uint8 [N, H, W, 3]."""
    draws: tuple[Draws, ...]
    """One a transform of the spec, in its order."""


class AlbumentationsPipeline:
    """The transforms of an AugmentationSpec, ready to be applied; mixing a batch is not its work.

    Draws depend on the seed given to a call and on nothing else.
    """

    def __init__(
        self, spec: AugmentationSpec, mean: Sequence[float], made: Sequence[A.BasicTransform] | None = None
    ) -> None:
        """Builds the pipeline.

        Args:
            spec: what to do.
            mean: of the data set by channel, in 0..1; the colour that `fill="mean"` stands for.
            made: transforms of albumentations to apply in place of those that the spec stands for, one for each of its
                transforms and of the same kind, so that what they draw is told alike.
        """
        import albumentations as A

        self._spec = spec
        self._made = list(made or (albumentations_call(transform, mean).make() for transform in spec.transforms))
        # Every image has the shape of the first: looking anew each time costs a tenth of the work.
        self._compose = A.Compose(self._made, is_check_shapes=False)

    def __call__(self, images: Images, seed: int) -> Images:
        """Augments a batch.

        Args:
            images: uint8 [N, H, W, 3].
            seed: decides every draw of this batch.

        Returns:
            uint8 [N, H, W, 3]; a new array, or `images` itself where there is nothing to do.
        """
        if not self._made:
            return images
        self._seed(seed)
        augmented = np.empty_like(images)
        for position, image in enumerate(images):
            augmented[position] = self._compose(image=image)["image"]
        return augmented

    def record(self, images: Images, seeds: Sequence[int]) -> Recorded:
        """Augments images, each from a seed of its own, and tells what was drawn.

        Args:
            images: uint8 [N, H, W, 3].
            seeds: N; that of an image decides all its draws, whatever the other images are.
        """
        augmented, told = np.empty_like(images), []
        for position, (image, seed) in enumerate(zip(images, seeds, strict=True)):
            for made in self._made:
                forget(made)
            self._seed(seed)
            augmented[position] = self._compose(image=image)["image"]
            told.append([recorded(*pair) for pair in zip(self._spec.transforms, self._made, strict=True)])
        draws = [
            gathered(transform, [each[number] for each in told])
            for number, transform in enumerate(self._spec.transforms)
        ]
        return Recorded(augmented, tuple(draws))

    def _seed(self, seed: int) -> None:
        # One stream for all. `Compose(seed=...)` and `set_random_seed` start every transform on the same numbers: with
        # equal probabilities an image would be grey exactly when it is flipped.
        self._compose.set_random_state(np.random.default_rng(seed), random.Random(seed))
