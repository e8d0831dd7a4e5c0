"""A run's settings as words, part by part, so that they can be laid beside those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cifar_core.data.augmentation.ranges import ORDERED
from cifar_core.spec_model import SpecModel

ABSENT = "-"
Settings = dict[str, str]
"""Values in words, by path in words."""

_TAGS = ("kind", "type", "step")
_NONE_WORDS = {
    "validation_images": "a tenth of the training images",
    "limit_train": "all",
    "limit_test": "all",
    "ema_decay": "none",
    "clip_norm": "none",
}
"""What a field left at None means."""


@dataclass(frozen=True, slots=True)
class Part:
    """An optimizer, a transform, a layer: what it is, and its fields in words."""

    kind: str
    fields: Mapping[str, str]

    @classmethod
    def of(cls, kind: str, spec: SpecModel) -> Part:
        """A spec's own fields; a spec within it is a part of its own."""
        return cls(kind, field_words(spec, skip=_TAGS))

    @property
    def summary(self) -> str:
        """All in one line: "conv (out channels 64, kernel size 3)"."""
        told = ", ".join(f"{name} {value}" for name, value in self.fields.items() if value != ABSENT)
        return f"{self.kind} ({told})" if told else self.kind


def field_words(spec: SpecModel, skip: Sequence[str] = ()) -> Settings:
    """The plain fields of a spec, without those named in `skip` and without specs inside it."""
    fields = ((name, getattr(spec, name)) for name in type(spec).model_fields if name not in skip)
    return {
        name.replace("_", " "): _field_in_words(spec, name, value)
        for name, value in fields
        if not isinstance(value, SpecModel)
    }


def _field_in_words(spec: SpecModel, name: str, value: object) -> str:
    if value is None:
        return _NONE_WORDS.get(name, ABSENT)
    if isinstance(value, tuple) and ORDERED in type(spec).model_fields[name].metadata:
        # A range of one is told as the number that it was written as.
        return " to ".join(dict.fromkeys(map(in_words, value)))
    return in_words(value)


def in_words(value: object) -> str:
    """A value of a spec; two that differ never read the same."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    if isinstance(value, tuple):
        return ", ".join(map(in_words, value))
    return str(value)


def aligned(path: str, parts: Sequence[Part | None]) -> list[Settings]:
    """What stands at one place of each run: field by field where all are of a kind, else each as a whole.

    Args:
        path: of the place, in words.
        parts: one a run; None where it has nothing there.
    """
    kinds = {part.kind if part else None for part in parts}
    if len(kinds) > 1:
        return [{path: part.summary} if part else {} for part in parts]
    return [{f"{path}, {name}": value for name, value in part.fields.items()} if part else {} for part in parts]


def merged(places: Sequence[Sequence[Settings]], runs: int) -> list[Settings]:
    """The settings of each run over several places of `aligned`."""
    return [{path: value for place in places for path, value in place[at].items()} for at in range(runs)]
