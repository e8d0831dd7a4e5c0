"""Named networks: the seed document's three models, one that earns the dilation bonus, and the project's own.

A preset names its default augmentation and recipe, which other rooms hold; explicit options override them.
"""

from __future__ import annotations

from functools import cache

from cifar_core.architecture.presets.compact import best_100k, best_200k
from cifar_core.architecture.presets.dilated import dilated
from cifar_core.architecture.presets.on_cpu import cpu_100k, cpu_200k, quick_cpu
from cifar_core.architecture.presets.preset import ArchitecturePreset
from cifar_core.architecture.presets.seed_models import seed_model_1, seed_model_2, seed_model_3
from cifar_core.errors import SpecError

__all__ = ["ArchitecturePreset", "find_preset", "preset_names"]


def preset_names() -> tuple[str, ...]:
    """Names of all presets, in the order in which they are shown."""
    return tuple(_presets())


def find_preset(name: str) -> ArchitecturePreset:
    """Looks a preset up.

    Raises:
        SpecError: if there is none of that name.
    """
    presets = _presets()
    if name not in presets:
        raise SpecError(f"There is no preset {name!r}: choose one of {', '.join(presets)}.")
    return presets[name]


@cache
def _presets() -> dict[str, ArchitecturePreset]:
    # Built on first use: validating networks is work that a command which needs none should not pay for.
    presets = (
        *(seed_model_1(), seed_model_2(), seed_model_3(), dilated()),
        *(best_100k(), best_200k(), quick_cpu(), cpu_100k(), cpu_200k()),
    )
    return {preset.name: preset for preset in presets}
