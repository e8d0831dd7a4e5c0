"""Run packages with bad predictions."""

from __future__ import annotations

import pickle
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.runs.package.building import Build, Evil, changed_arrays, members_of, rebuilt, zipped


def arrays_with(**changes: Any) -> Build:
    return lambda package: rebuilt(package, predictions_test=changed_arrays(package, **changes))


def predictions_of(content: bytes) -> Build:
    return lambda package: rebuilt(package, predictions_test=content)


def npy(description: str) -> bytes:
    """The beginning of an array file with a description of one's own, and no data."""
    text = description.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def npz_with(name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> Build:
    def build(package: bytes) -> bytes:
        members = members_of(members_of(package)["predictions-test.npz"]) | {name: content}
        return rebuilt(package, predictions_test=zipped(members.items(), method))

    return build


def put(position: int, value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[position] = value
        return array

    return change


def another_ahead(steps: np.ndarray) -> np.ndarray:
    steps[0] = 0
    steps[0, (steps[0].argmax() + 1) % 10] = 255
    return np.roll(steps, 1, axis=1)


DAMAGED = "predictions-test.npz is damaged, or holds other arrays than a run package's"
PREDICTIONS: dict[str, tuple[Build, str]] = {
    "a pickle in an array": (arrays_with(target=np.array([Evil()], dtype=object)), DAMAGED),
    "a pickle instead of an array": (npz_with("target.npy", pickle.dumps(Evil())), DAMAGED),
    "a pickle instead of the file": (predictions_of(pickle.dumps(Evil())), DAMAGED),
    "another type of array": (arrays_with(target=lambda array: array.astype(np.int64)), DAMAGED),
    "probabilities of floats": (arrays_with(probabilities=lambda array: array / 255), DAMAGED),
    "an array too few": (arrays_with(index=None), DAMAGED),
    "an array too many": (arrays_with(more=np.zeros(1)), DAMAGED),
    "an array that claims terabytes": (
        npz_with("index.npy", npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1000000000000,), }")),
        DAMAGED,
    ),
    "a description that is code": (npz_with("index.npy", npy("__import__('os').abort()")), DAMAGED),
    "columns first": (arrays_with(probabilities=lambda array: np.asfortranarray(array)), DAMAGED),
    "packed twice": (npz_with("index.npy", b"", zipfile.ZIP_DEFLATED), DAMAGED),
    "fewer targets": (arrays_with(target=lambda array: array[:-1]), "arrays of shapes that do not belong together"),
    "other classes": (
        arrays_with(probabilities=lambda array: array[:, :-1].copy()),
        "shapes that do not belong together",
    ),
    "no dimension": (arrays_with(index=np.int32(1)), "shapes that do not belong together"),
    "no image": (
        arrays_with(**{name: lambda array: array[:0] for name in ("index", "target", "predicted", "probabilities")}),
        "shapes that do not belong together",
    ),
    "an image that is not there": (arrays_with(index=put(0, 297)), "an image twice, or of one beyond the 297"),
    "a negative position": (arrays_with(index=put(0, -1)), "an image twice, or of one beyond the 297"),
    "an image twice": (arrays_with(index=put(0, 1)), "an image twice"),
    "a class that is not there": (arrays_with(target=put(0, 10)), "tells of class 10: 9 is the last one"),
    "a prediction of no class": (arrays_with(predicted=put(0, 200)), "tells of class 200"),
    "probabilities above 1": (arrays_with(probabilities=put(0, 100)), "probabilities that do not sum to 1"),
    "another class ahead": (arrays_with(probabilities=another_ahead), "another class than the predicted one is ahead"),
    "another epoch": (arrays_with(epoch=np.int64(77)), "predictions-test.npz is of epoch 77, and the weights of"),
    "no epoch": (arrays_with(epoch=np.zeros(2, np.int64)), "does not tell the epoch of its weights"),
}
