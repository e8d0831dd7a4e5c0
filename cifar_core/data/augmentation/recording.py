"""What albumentations drew for an image, read back from its transforms and told in the project's own terms."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.transforms import TRIVIAL_OPS, Transform, TrivialAugment
from cifar_core.data.datasets import IMAGE_SIZE

if TYPE_CHECKING:
    import albumentations as A

Values = dict[str, Any]
_CENTRE = np.array([(IMAGE_SIZE - 1) / 2, (IMAGE_SIZE - 1) / 2, 1])
_NO_VALUES: dict[str, dict[str, tuple[int, ...]]] = {
    "horizontal_flip": {},
    "grayscale": {},
    "shift_scale_rotate": {"dx": (), "dy": (), "scale": (), "angle": ()},
    "random_crop": {"left": (), "top": ()},
    "color_jitter": {"brightness": (), "contrast": (), "saturation": (), "hue": (), "order": (4,)},
    "brightness_contrast": {"contrast": (), "brightness": ()},
    "gaussian_blur": {"sigma": (), "kernel_size": ()},
    "coarse_dropout": {"holes": (0, 4)},
    "trivial_augment": {"op": (), "amount": ()},
}
"""What a transform's draws are made of, and the shape of each for one image."""


def forget(made: A.BasicTransform | A.BaseCompose) -> None:
    """Empties what a transform remembers of the last image: one that is not asked again would keep it."""
    if hasattr(made, "transforms"):
        for inner in made.transforms:
            forget(inner)
    if hasattr(made, "params"):
        made.params = {}


def recorded(transform: Transform, made: A.BasicTransform | A.BaseCompose) -> Values | None:
    """What a transform drew for the last image; None if it did not happen."""
    if isinstance(transform, TrivialAugment):
        for number, inner in enumerate(made.transforms):
            if inner.params:
                return {"op": number, "amount": _amount(TRIVIAL_OPS[number], inner.params)}
        return None
    params = made.transforms[-1].params if transform.type == "random_crop" else made.params
    return _READERS[transform.type](params) if params else None


def gathered(transform: Transform, each: Sequence[Values | None]) -> Draws:
    """The draws of several images as arrays."""
    applied = np.array([values is not None for values in each], dtype=np.bool_)
    shapes = _NO_VALUES[transform.type]
    return Draws(
        transform.type,
        applied,
        {name: _stacked([None if v is None else v[name] for v in each], shape) for name, shape in shapes.items()},
    )


def _stacked(each: Sequence[ArrayLike | None], shape: tuple[int, ...]) -> NDArray[np.generic]:
    """Of values that may have different lengths, the shorter ones filled up with zeros."""
    arrays = [np.zeros(shape) if value is None else np.asarray(value) for value in each]
    dtype = np.result_type(*(array for array, value in zip(arrays, each, strict=True) if value is not None), np.int64)
    longest = max((array.shape[:1] for array in arrays), default=shape[:1])
    stacked = np.zeros((len(arrays), *longest, *shape[1:]), dtype=dtype)
    for row, array in enumerate(arrays):
        stacked[(row, slice(len(array))) if shape else row] = array
    return stacked


def _affine(params: Mapping[str, Any]) -> Values:
    # The shift itself is not kept, but it is by how much the centre moves.
    dx, dy = (params["matrix"] @ _CENTRE)[:2] - _CENTRE[:2]
    return {"dx": round(dx), "dy": round(dy), "scale": params["scale"]["x"], "angle": params["rotate"]}


def _crop(params: Mapping[str, Any]) -> Values:
    left, top, *_ = params["crop_coords"]
    return {"left": left, "top": top}


def _jitter(params: Mapping[str, Any]) -> Values:
    return {name: params[name] for name in ("brightness", "contrast", "saturation", "hue", "order")}


def _blur(params: Mapping[str, Any]) -> Values:
    kernel = params["kernel"].ravel()
    middle = len(kernel) // 2
    # Of a Gaussian bell, the ratio of two neighbours tells the deviation; a kernel of one pixel has none.
    beside = kernel[middle + 1] / kernel[middle] if middle else 0.0
    sigma = math.sqrt(-1 / (2 * math.log(beside))) if beside > 0 else 0.0
    return {"sigma": sigma, "kernel_size": len(kernel)}


_READERS: dict[str, Callable[[Mapping[str, Any]], Values]] = {
    "horizontal_flip": lambda params: {},
    "grayscale": lambda params: {},
    "shift_scale_rotate": _affine,
    "random_crop": _crop,
    "color_jitter": _jitter,
    "brightness_contrast": lambda params: {"contrast": params["alpha"], "brightness": params["beta"]},
    "gaussian_blur": _blur,
    "coarse_dropout": lambda params: {"holes": params["holes"]},
}


def _amount(op: str, params: Mapping[str, Any]) -> float:
    """Of an operation of `TRIVIAL_OPS`, in its unit."""
    match op:
        case "shear_x":
            return math.degrees(math.atan(params["matrix"][0, 1]))
        case "shear_y":
            return math.degrees(math.atan(params["matrix"][1, 0]))
        case "translate_x" | "translate_y":
            return float(_affine(params)["dx" if op == "translate_x" else "dy"])
        case "rotate":
            return float(params["rotate"])
        case "brightness" | "contrast":
            return float(params[op])
        case "color":
            return float(params["saturation"])
        case "sharpness":
            return float(params["alpha"])
        case "posterize":
            return float(params["num_bits"])
        case "solarize":
            return 255 * float(params["threshold"])
    return 0.0
