"""Run packages with bad weights."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import safetensors.numpy

from tests.runs.package.building import Build, Evil, members_of, rebuilt, torch_file
from tests.tiny import tiny_architecture

MIB = 2**20


def weights_with(change: Callable[[dict[str, np.ndarray]], Any]) -> Build:
    def build(package: bytes) -> bytes:
        arrays = {
            name: array.copy()
            for name, array in safetensors.numpy.load(members_of(package)["weights.safetensors"]).items()
        }
        change(arrays)
        return rebuilt(package, weights=safetensors.numpy.save(arrays))

    return build


def weights_of(content: bytes) -> Build:
    return lambda package: rebuilt(package, weights=content)


def first(arrays: dict[str, np.ndarray]) -> str:
    return next(name for name, array in sorted(arrays.items()) if array.ndim == 4)


def other_network() -> dict[str, np.ndarray]:
    from cifar_core.architecture.build import build_seeded

    return {name: tensor.numpy() for name, tensor in build_seeded(tiny_architecture(width=9), 0).state_dict().items()}


def header_of(length: int, text: bytes) -> bytes:
    return struct.pack("<Q", length) + text


OTHER = "its weights are those of another network than its configuration describes"
FOREIGN = "weights.safetensors is no safetensors file"
NO_SAFETENSORS = "weights.safetensors is no whole safetensors file of float32 and int64 arrays"
WEIGHTS: dict[str, tuple[Build, str]] = {
    "weights of another network": (weights_of(safetensors.numpy.save(other_network())), OTHER),
    "a weight too few": (weights_with(lambda arrays: arrays.pop(first(arrays))), OTHER),
    "a weight too many": (weights_with(lambda arrays: arrays.update(more=np.zeros(1, np.float32))), OTHER),
    "another shape": (weights_with(lambda arrays: arrays.update({first(arrays): np.zeros((1, 2), np.float32)})), OTHER),
    "another type": (
        weights_with(lambda arrays: arrays.update({first(arrays): arrays[first(arrays)].astype(np.float64)})),
        NO_SAFETENSORS,
    ),
    "not a number": (
        weights_with(lambda arrays: arrays[first(arrays)].fill(np.nan)),
        "hold a number that is not finite",
    ),
    "a torch checkpoint as weights": (lambda package: rebuilt(package, weights=torch_file()), "is no safetensors file"),
    "a pickle as weights": (weights_of(pickle.dumps(Evil())), "weights.safetensors is no safetensors file"),
    "no bytes": (weights_of(b""), "weights.safetensors is no safetensors file"),
    "a header longer than the file": (
        weights_of(header_of(2**40, b"{}")),
        "weights.safetensors is no safetensors file",
    ),
    "a header larger than allowed": (
        weights_of(header_of(MIB + 1, np.random.default_rng(0).bytes(2 * MIB))),
        "weights.safetensors is no safetensors file",
    ),
    "a header that lies about sizes": (
        weights_of(header_of(74, b'{"a":{"dtype":"F32","shape":[9999999999999],"data_offsets":[0,39999999]}}    ')),
        NO_SAFETENSORS,
    ),
    "a type that numpy lacks": (
        weights_of(header_of(56, b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'.ljust(56)) + b"\0\0"),
        NO_SAFETENSORS,
    ),
}
