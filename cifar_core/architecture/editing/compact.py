"""Nodes as short JSON: what is at its default is left out, and reads back to the same."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cifar_core.spec_model import SpecModel

_TAGS = ("type", "step")
"""Say what a node or step is; kept although they are at their default."""


def compact_json(nodes: SpecModel | Sequence[SpecModel]) -> str:
    """Indented JSON of one node, or of several as a list."""
    return json.dumps(_data(nodes), indent=1)


def _data(value: object) -> object:
    if isinstance(value, SpecModel):
        fields = type(value).model_fields
        shown = {name: getattr(value, name) for name in fields}
        return {name: _data(v) for name, v in shown.items() if name in _TAGS or v != fields[name].default}
    if isinstance(value, list | tuple):
        return [_data(each) for each in value]
    return value
