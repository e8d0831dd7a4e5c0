"""A run's data set, split and as tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from cifar_core.data import (
    AugmentationSpec,
    DataSplits,
    ImageDataset,
    LabelledImages,
    shared_dataset,
    split_dataset,
)
from cifar_core.data.augmentation import HorizontalFlip
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.mixers import Mixer
from cifar_core.data.augmentation.mixing import draw_mix, mix_images, mix_targets
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.protocol import EvaluationSplit, evaluation_split
from cifar_core.runs.config import RunConfig
from cifar_core.training.batches import Augment, TensorImages, TrainingData
from cifar_core.training.device import resolve_device
from cifar_core.training.seeds import derive_seed


@dataclass(frozen=True)
class RunData:
    """What one run reads."""

    config: RunConfig
    dataset: ImageDataset
    splits: DataSplits

    @cached_property
    def training(self) -> TrainingData:
        """The training images, and those evaluated after every epoch.

        What the batched engine augments lies where the network trains, put there once: 150 MB of CIFAR-10.
        """
        split, spec = evaluation_split(self.config.training.protocol), self.config.training
        device = resolve_device(spec.device) if spec.augmentation_engine == "batched" else torch.device("cpu")
        return TrainingData(
            train=as_tensors(self.splits.train).to(device),
            evaluation=self.evaluated()[0],
            evaluation_split=split,
            mean=self.dataset.mean,
            std=self.dataset.std,
        )

    def evaluated(self) -> tuple[TensorImages, np.ndarray]:
        """The images that the protocol evaluates after every epoch, and their positions in the data set."""
        split = evaluation_split(self.config.training.protocol)
        if split != "train":
            return self.part(split)
        clean, index = self.splits.clean()
        shown = slice(self.config.training.limit_test)
        return as_tensors(clean.take(np.arange(len(clean))[shown])), index[shown]

    def part(self, split: EvaluationSplit) -> tuple[TensorImages, np.ndarray]:
        """The validation or test images of this run, and their positions in the data set.

        Raises:
            ValueError: the run's protocol holds no validation images out.
        """
        if split == "test":
            return as_tensors(self.splits.test), self.splits.test_index
        if self.splits.validation is None or self.splits.validation_index is None:
            raise ValueError("this run's protocol holds no validation images out")
        return as_tensors(self.splits.validation), self.splits.validation_index

    def clean(self) -> TensorImages:
        """The fixed unaugmented training images."""
        return as_tensors(self.splits.clean()[0])

    def augment(self) -> Augment:
        """The run's augmentation as the training loop calls it: the transforms by the run's engine, then the mixers."""
        num_classes = len(self.dataset.class_names)

        @lru_cache(maxsize=1)  # the strength stays the same for an epoch
        def prepared(strength: float) -> tuple[tuple[Mixer, ...], Callable[[Tensor, int], Tensor]]:
            spec = self._augmentation.at_strength(strength)
            return spec.batch, self._transform(spec)

        def apply(images: Tensor, targets: Tensor, seed: int, strength: float) -> tuple[Tensor, Tensor]:
            mixers, transform = prepared(strength)
            images = transform(images, seed)
            if not mixers:
                return images, targets
            draws = draw_mix(mixers, len(images), derive_seed(seed, "mixing"))
            return mix_images(images, draws), mix_targets(targets, draws, num_classes)

        return apply

    @property
    def _augmentation(self) -> AugmentationSpec:
        """The run's augmentation; without its flips where images are mirrored in turns."""
        spec = self.config.augmentation
        if not self.config.training.alternate_flips:
            return spec
        left = tuple(transform for transform in spec.transforms if not isinstance(transform, HorizontalFlip))
        return spec.model_copy(update={"transforms": left})

    def _transform(self, spec: AugmentationSpec) -> Callable[[Tensor, int], Tensor]:
        if self.config.training.augmentation_engine == "batched":
            return BatchedPipeline(spec, self.dataset.mean)
        pipeline = AlbumentationsPipeline(spec, self.dataset.mean)
        return lambda images, seed: torch.from_numpy(pipeline(images.numpy(), seed))


def load_run_data(config: RunConfig) -> RunData:
    """Loads and splits a run's data set.

    Raises:
        DataError: the data set is missing or damaged.
        SpecError: the split is impossible.
    """
    training = config.training
    dataset = shared_dataset(config.dataset)
    splits = split_dataset(
        dataset, training.protocol, training.validation_images, training.limit_train, training.limit_test
    )
    return RunData(config, dataset, splits)


def as_tensors(labelled: LabelledImages) -> TensorImages:
    """The same memory as tensors."""
    return TensorImages(torch.from_numpy(labelled.images), torch.from_numpy(labelled.targets))
