"""Networks as data: the grammar, its geometry and cost by arithmetic, the assignment's rules, and the builder.

`build` is not imported here: it alone needs torch, and a page that only counts must not wait for that.
"""

from cifar_core.architecture.cost import layer_macs, layer_params, num_macs, num_params
from cifar_core.architecture.coverage import coverage
from cifar_core.architecture.description import ArchitectureDescription, LayerRow, describe
from cifar_core.architecture.editing.widths import block_widths, with_block_widths
from cifar_core.architecture.geometry import receptive_field, receptive_field_with_pooling
from cifar_core.architecture.layers import Layer, before_pooling
from cifar_core.architecture.presets import ArchitecturePreset, find_preset, preset_names
from cifar_core.architecture.rules import RuleLimits, RuleResult, all_required_pass, judge
from cifar_core.architecture.spec import ArchitectureSpec

__all__ = [
    "ArchitectureDescription",
    "ArchitecturePreset",
    "ArchitectureSpec",
    "Layer",
    "LayerRow",
    "RuleLimits",
    "RuleResult",
    "all_required_pass",
    "before_pooling",
    "block_widths",
    "coverage",
    "describe",
    "find_preset",
    "judge",
    "layer_macs",
    "layer_params",
    "num_macs",
    "num_params",
    "preset_names",
    "receptive_field",
    "receptive_field_with_pooling",
    "with_block_widths",
]
