"""Predictions in a run package: probabilities in steps of 1/255, with the class that was predicted."""

from __future__ import annotations

import zipfile
from io import BytesIO

import numpy as np

from cifar_core.data.datasets import DatasetInfo
from cifar_core.errors import SpecError
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs.package.archive import write_archive
from cifar_core.runs.run_files import Predictions

STEPS = 255
"""That the probabilities of an image sum to, as they are stored."""
TIE_BREAK = 2.0**-10
"""Of a step, given to the predicted class where another one has as many steps."""
UNSEEN = 0.1
"""Of a step, given to a class that has none: a probability of 0 would make the loss of a mistake infinite. Nine such
classes together take less than one step from the others."""
_MAX_HEADER = 1000
"""Characters of an array's description."""
_DTYPES = {"index": "<i4", "target": "|u1", "predicted": "|u1", "probabilities": "|u1", "epoch": "<i8"}
"""Of the arrays, each a file `NAME.npy`."""


def packed_predictions(predictions: Predictions) -> bytes:
    """Predictions as an npz file, not compressed: the package around it is.

    Raises:
        SpecError: there is a probability that is no number.
    """
    if not np.isfinite(predictions.probabilities).all():
        raise SpecError("its predictions hold a probability that is not finite.")
    arrays = {
        "index": predictions.index,
        "target": predictions.targets,
        "predicted": predictions.predicted,
        "probabilities": to_steps(predictions.probabilities),
        "epoch": np.int64(predictions.epoch),
    }
    members = {}
    for name, array in arrays.items():
        buffer = BytesIO()
        np.lib.format.write_array(buffer, np.asarray(array, dtype=_DTYPES[name]), allow_pickle=False)
        members[f"{name}.npy"] = buffer.getvalue()
    return write_archive(members, stored=frozenset(members))


def to_steps(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities in whole steps of 1/255, as many as there are.

    By largest remainders: each is rounded down, and what is left over goes to those that lost most by it. So every row
    sums to 255, none is off by a whole step, and the most probable class keeps at least as many as any other.

    Args:
        probabilities: float [N, num_classes], rows sum to 1.

    Returns:
        uint8 [N, num_classes], rows sum to 255.
    """
    exact = probabilities.astype(np.float64)
    exact *= STEPS / exact.sum(axis=1, keepdims=True)
    steps = np.floor(exact)
    left = STEPS - steps.sum(axis=1, keepdims=True)
    # Of equal remainders the more probable class is served first: it must not fall behind.
    order = np.lexsort((-exact, -(exact - steps)), axis=1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(exact.shape[1])[None, :], axis=1)
    whole: np.ndarray = (steps + (places < left)).astype(np.uint8)
    return whole


def unpacked_predictions(content: bytes, what: str, split: EvaluationSplit, info: DatasetInfo) -> Predictions:
    """Predictions from an npz file that anybody may have made.

    Args:
        content: of the file.
        what: the file's name, for a sentence.
        split: the set that was predicted.
        info: of the data set, which says what can stand in it.

    Raises:
        SpecError: the file is none of ours, or tells of images or classes that there are not.
    """
    arrays = _read_npz(content, what)
    index, target, predicted, steps = (arrays[name] for name in ("index", "target", "predicted", "probabilities"))
    count, classes = index.size, len(info.class_names)
    images = info.train_images if split == "validation" else info.test_images
    if not (index.shape == target.shape == predicted.shape == (count,) and steps.shape == (count, classes) and count):
        raise SpecError(f"{what} holds arrays of shapes that do not belong together.")
    if arrays["epoch"].shape != () or arrays["epoch"] < 1:
        raise SpecError(f"{what} does not tell the epoch of its weights.")
    if index.min() < 0 or index.max() >= images or len(np.unique(index)) != count:
        raise SpecError(f"{what} tells of an image twice, or of one beyond the {images:,} that there are.")
    if max(target.max(), predicted.max()) >= classes:
        raise SpecError(f"{what} tells of class {max(target.max(), predicted.max())}: {classes - 1} is the last one.")
    if (steps.sum(axis=1, dtype=np.int64) != STEPS).any():
        raise SpecError(f"{what} holds probabilities that do not sum to 1.")
    if (steps[np.arange(count), predicted] != steps.max(axis=1)).any():
        raise SpecError(f"{what} holds probabilities in which another class than the predicted one is ahead.")
    probabilities = _to_probabilities(steps, predicted)
    return Predictions(index.astype(np.int64), target.astype(np.int64), probabilities, int(arrays["epoch"]))


def _to_probabilities(steps: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """float32 [N, num_classes], all above 0, rows sum to 1; the predicted class is ahead, if barely after a tie."""
    exact = np.where(steps == 0, UNSEEN, steps.astype(np.float64))
    rows = np.arange(len(steps))
    is_tie = (steps == steps.max(axis=1, keepdims=True)).sum(axis=1) > 1
    exact[rows, predicted] += np.where(is_tie, TIE_BREAK, 0.0)
    probabilities: np.ndarray = (exact / exact.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities


def _read_npz(content: bytes, what: str) -> dict[str, np.ndarray]:
    """The arrays; nothing is unpickled, unpacked, or allocated for more than what is there."""
    broken = SpecError(f"{what} is damaged, or holds other arrays than a run package's.")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            names = sorted(info.filename for info in infos)
            is_ours = all(info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1 for info in infos)
            if names != sorted(f"{name}.npy" for name in _DTYPES) or not is_ours:
                raise broken
            return {name: _read_array(archive.read(f"{name}.npy"), dtype) for name, dtype in _DTYPES.items()}
    except Exception:  # damaged bytes end in almost any of them
        raise broken from None


def _read_array(content: bytes, dtype: str) -> np.ndarray:
    """An array whose description says exactly what its bytes are; ValueError for any other."""
    buffer = BytesIO(content)
    if np.lib.format.read_magic(buffer) != (1, 0):
        raise ValueError("no array of version 1.0")
    shape, by_column, found = np.lib.format.read_array_header_1_0(buffer, max_header_size=_MAX_HEADER)
    if found.str != dtype or by_column:
        raise ValueError("another type")
    # Of what is there, not of what the description tells: numpy's own reader allocates first.
    return np.frombuffer(content, dtype=dtype, offset=buffer.tell()).reshape(shape)
