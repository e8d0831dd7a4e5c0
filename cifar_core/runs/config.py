"""RunConfig: everything that decides a run."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from cifar_core.architecture import ArchitectureSpec, find_preset
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.datasets import IMAGE_SIZE
from cifar_core.spec_model import SpecModel
from cifar_core.training import TrainingSpec, find_recipe

NUM_CLASSES = 10
"""Of every data set here."""
MAX_NAME = 80
"""Characters of a run's name."""


class RunConfig(SpecModel):
    """The three specs and the data set."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
    dataset: Literal["cifar10", "digits"] = "cifar10"
    architecture: ArchitectureSpec
    augmentation: AugmentationSpec = AugmentationSpec()
    training: TrainingSpec = TrainingSpec()

    @model_validator(mode="after")
    def _check(self) -> Self:
        image, classes = self.architecture.input, self.architecture.num_classes
        if (image.channels, image.size, classes) != (3, IMAGE_SIZE, NUM_CLASSES):
            raise ValueError(
                f"architecture reads {image.channels} x {image.size} x {image.size} and tells {classes} classes apart: "
                f"the data set {self.dataset} has images of 3 x {IMAGE_SIZE} x {IMAGE_SIZE} in {NUM_CLASSES} classes"
            )
        return self


def preset_config(preset_name: str, dataset: str = "cifar10") -> RunConfig:
    """A preset with its default augmentation and recipe.

    Raises:
        SpecError: there is no preset, or no data set, of that name.
    """
    preset = find_preset(preset_name)
    return RunConfig.parse(
        {
            "name": preset.name,
            "dataset": dataset,
            "architecture": preset.spec.model_dump(),
            "augmentation": find_augmentation(preset.augmentation).spec.model_dump(),
            "training": find_recipe(preset.recipe).spec.model_dump(),
        }
    )
