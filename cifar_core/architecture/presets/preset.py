"""What a preset is."""

from __future__ import annotations

from dataclasses import dataclass

from cifar_core.architecture.spec import ArchitectureSpec


@dataclass(frozen=True, slots=True)
class ArchitecturePreset:
    """A named network with what it teaches."""

    name: str
    title: str
    teaches: str
    """One or two sentences for a student."""
    spec: ArchitectureSpec
    augmentation: str
    """Name of its default augmentation preset."""
    recipe: str
    """Name of its default training recipe."""
    for_processor: bool = False
    """Whether that recipe is meant for a machine without a GPU, and takes an hour or two there at most."""
    reported_test_accuracy: float | None = None
    """What the seed document reports for it, in 0..1; not measured here."""
    reconstructed: str = ""
    """What the source left open and was filled in here; empty if nothing."""
