"""Weights as safetensors: arrays by name, and nothing that could be executed."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
import safetensors.numpy

from cifar_core.errors import SpecError

MAX_HEADER_BYTES = 2**20
"""Of the description of all arrays."""
_TYPES = {"<f4", "<i8"}
"""Types in a network's state: its numbers, and counts of batches."""


def packed_weights(weights: Mapping[str, np.ndarray], epoch: int) -> bytes:
    """A network's state as safetensors; whoever takes the file out finds the epoch in its metadata.

    Raises:
        SpecError: there is a number among them that is not finite.
    """
    arrays = {name: np.array(array, order="C") for name, array in weights.items()}
    _require_finite(arrays)
    content: bytes = safetensors.numpy.save(arrays, metadata={"epoch": str(epoch)})
    return content


def unpacked_weights(content: bytes, what: str) -> dict[str, np.ndarray]:
    """A network's state from a file that anybody may have made; arrays are read-only.

    Args:
        content: of the file.
        what: the file's name, for a sentence.

    Raises:
        SpecError: it is no safetensors file, or holds other numbers than weights are.
    """
    if len(content) < 8 or struct.unpack("<Q", content[:8])[0] > min(MAX_HEADER_BYTES, len(content) - 8):
        raise SpecError(f"{what} is no safetensors file.")
    try:
        arrays: dict[str, np.ndarray] = safetensors.numpy.load(content)
    except Exception:  # its own error, and KeyError for types that numpy lacks
        raise SpecError(f"{what} is no whole safetensors file of float32 and int64 arrays.") from None
    if {array.dtype.str for array in arrays.values()} - _TYPES:
        raise SpecError(f"{what} is no whole safetensors file of float32 and int64 arrays.")
    _require_finite(arrays)
    return arrays


def _require_finite(arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise SpecError(f"the weights {name!r} hold a number that is not finite.")
