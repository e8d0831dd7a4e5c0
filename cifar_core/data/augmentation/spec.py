"""AugmentationSpec: augmentation as data. `pipeline.py` carries it out image by image, `batched/` on a whole batch."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from cifar_core.data.augmentation.mixers import Mixer
from cifar_core.data.augmentation.transforms import Transform
from cifar_core.spec_model import SpecModel

MAX_TRANSFORMS = 32


class AugmentationSpec(SpecModel):
    """What happens to a training image before the network sees it, in order, and then to the batch."""

    schema_version: Literal[2] = 2
    name: Annotated[str, Field(max_length=80)] = "untitled"
    transforms: Annotated[tuple[Transform, ...], Field(max_length=MAX_TRANSFORMS)] = ()
    batch: Annotated[tuple[Mixer, ...], Field(max_length=2)] = ()
    """Ways to mix the images of a batch, no two of a kind. Of two, each image takes one by the toss of a coin."""

    def at_strength(self, strength: float) -> AugmentationSpec:
        """The same with every probability multiplied by a share in 0..1; how far a transform goes stays."""
        if strength == 1:
            return self
        transforms, batch = (
            tuple(part.model_copy(update={"p": part.p * strength}) for part in parts)
            for parts in (self.transforms, self.batch)
        )
        return self.model_copy(update={"transforms": transforms, "batch": batch})

    @model_validator(mode="before")
    @classmethod
    def _read_version_1(cls, data: Any) -> Any:
        """Version 1 knew nothing of a batch, and of a hole's sizes single numbers alone, which are read as ranges."""
        if not isinstance(data, dict) or data.get("schema_version") != 1 or "batch" in data:
            return data
        return {**data, "schema_version": 2}

    @model_validator(mode="after")
    def _check_mixers(self) -> Self:
        kinds = [mixer.type for mixer in self.batch]
        if len(set(kinds)) < len(kinds):
            raise ValueError(f"batch holds {kinds[0]} twice: each mixer may be there once")
        return self
