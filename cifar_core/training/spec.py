"""TrainingSpec: how a network is trained."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cifar_core.protocol import Protocol
from cifar_core.spec_model import SpecModel

SEED_RECIPE = "seed"
"""Name of the seed document's own recipe."""
MAX_EPOCHS = 2000
Strength = Annotated[float, Field(ge=0, le=1)]


class Sgd(SpecModel):
    """Stochastic gradient descent with momentum."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.05
    """The schedule's highest."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    nesterov: bool = True
    weight_decay: Annotated[float, Field(ge=0, lt=1)] = 5e-4
    """Pull towards zero, added to the gradient."""


class AdamW(SpecModel):
    """Adam with weight decay decoupled from the gradient (Loshchilov, Hutter 2019)."""

    kind: Literal["adamw"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    """The schedule's highest."""
    beta1: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Share of the mean gradient that is kept from step to step."""
    beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Share of the mean squared gradient that is kept from step to step."""
    weight_decay: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """A step shrinks every weight by this share of the learning rate."""


Optimizer = Annotated[Sgd | AdamW, Field(discriminator="kind")]


class ConstantSchedule(SpecModel):
    """The same learning rate throughout."""

    kind: Literal["constant"] = "constant"


class CosineSchedule(SpecModel):
    """Cosine annealing (Loshchilov, Hutter 2017) without a restart: behind its minimum the rate climbs back up."""

    kind: Literal["cosine"] = "cosine"
    t_max: Annotated[float, Field(gt=0, le=2000)]
    """Epochs from the highest rate to the first minimum."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Lowest rate, as a share of the highest."""


class OneCycleSchedule(SpecModel):
    """One rise and one fall over the whole run, both along a half cosine (Smith, Topin 2018)."""

    kind: Literal["one_cycle"] = "one_cycle"
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the run spent rising."""
    start: Annotated[float, Field(gt=0, le=1)] = 0.04
    """Rate at the start, as a share of the highest."""
    floor: Annotated[float, Field(ge=0, le=1)] = 0.0004
    """Rate at the end, as a share of the highest."""


Schedule = Annotated[ConstantSchedule | CosineSchedule | OneCycleSchedule, Field(discriminator="kind")]


class TrainingSpec(SpecModel):
    """Everything about training but the network and the augmentation."""

    schema_version: Literal[2] = 2
    recipe: Annotated[str, Field(max_length=80)] = "custom"
    """Name of the recipe that this was made from."""
    epochs: Annotated[int, Field(ge=1, le=MAX_EPOCHS)] = 12
    """Passes over the training images."""
    batch_size: Annotated[int, Field(ge=2, le=8192)] = 128
    """Images a step."""
    optimizer: Optimizer = Sgd()
    schedule: Schedule = OneCycleSchedule()
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the target probability spread evenly over all classes while training."""
    ema_decay: Annotated[float, Field(ge=0.5, lt=1)] | None = None
    """Evaluate an exponential moving average of the weights, which keeps this share at every step; None for none."""
    clip_norm: Annotated[float, Field(gt=0)] | None = None
    """Largest L2 norm of the whole gradient: a longer one is scaled down to it; None for no limit."""
    decay_norms: bool = True
    """Whether weight decay also pulls at the scales and shifts of norms and at biases, as PyTorch does by itself."""
    precision: Literal["float32", "bfloat16", "float16"] = "float32"
    """Of the forward pass while training; below float32 it is mixed (autocast), and the weights stay float32."""
    execution: Literal["eager", "graph", "compiled"] = "eager"
    """How a step is carried out. "eager": operation by operation. "graph": on a GPU recorded once as a CUDA graph and
    replayed. "compiled": the same through `torch.compile`, which takes a minute at first; on a CPU it gains nothing."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """"auto" takes a GPU if there is one."""
    augmentation_engine: Literal["albumentations", "batched"] = "albumentations"
    """What carries the AugmentationSpec out: albumentations image by image on the processor, or this project's own
    tensor operations on a whole batch, where the network trains."""
    augmentation_first: Strength = 1.0
    """How strong the augmentation is in the first epoch: all its probabilities are multiplied by this share."""
    augmentation_last: Strength = 1.0
    """The same in the last epoch; in between the share moves along a straight line."""
    alternate_flips: bool = False
    """Mirror every image in every other epoch, in place of any flip of the augmentation: a random half of the images in
    the odd epochs, the others in the even ones (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU")."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Decides initial weights, order of images, augmentation and dropout."""
    protocol: Protocol = "validation"
    validation_images: Annotated[int, Field(ge=1)] | None = None
    """Training images held out to choose on; None for a tenth of them."""
    limit_train: Annotated[int, Field(ge=2)] | None = None
    """Train on at most so many images: for a quick trial."""
    limit_test: Annotated[int, Field(ge=1)] | None = None
    """Evaluate on at most so many images of each set: for a quick trial."""

    def at_its_strongest(self) -> TrainingSpec:
        """The same with the augmentation as strong in every epoch as it is in any: what a short trial goes by."""
        strongest = max(self.augmentation_first, self.augmentation_last)
        return self.model_copy(update={"augmentation_first": strongest, "augmentation_last": strongest})

    @model_validator(mode="after")
    def _check_engine(self) -> Self:
        if self.recipe == SEED_RECIPE and self.augmentation_engine != "albumentations":
            raise ValueError(
                f'augmentation_engine is "{self.augmentation_engine}": the recipe "{SEED_RECIPE}" trains through '
                '"albumentations", as the assignment asks'
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _read_version_1(cls, data: Any) -> Any:
        """Version 1 knew one optimizer, whose kind could be left out, and none of what has a default since."""
        if not isinstance(data, dict) or data.get("schema_version") != 1:
            return data
        optimizer = data.get("optimizer", {})
        return {
            **data,
            "schema_version": 2,
            "optimizer": {"kind": "sgd", **optimizer} if isinstance(optimizer, dict) else optimizer,
        }
