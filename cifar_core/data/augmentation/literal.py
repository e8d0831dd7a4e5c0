"""The assignment's arguments taken literally: what albumentations 2.0.8 makes of them.

`CoarseDropout` no longer knows `max_holes`, `max_height`, `fill_value` and the others. It warns, and works with its
defaults: one or two holes, a tenth to a fifth of the side high and wide, filled with black.
"""

from __future__ import annotations

import copy
import threading
import warnings
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.data.augmentation.presets import find_augmentation
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import CoarseDropout, ShiftScaleRotate
from cifar_core.data.datasets import IMAGE_SIZE

if TYPE_CHECKING:
    import albumentations as A

LITERAL_CODE = """A.CoarseDropout(
  max_holes=1,
  max_height=16, max_width=16,
  min_holes=1,
  min_height=16, min_width=16,
  fill_value=mean,
  mask_fill_value=None,
)"""
"""As the assignment writes it."""
_DROPPED = {
    "max_holes": 1,
    "max_height": 16,
    "max_width": 16,
    "min_holes": 1,
    "min_height": 16,
    "min_width": 16,
}
_LOCK = threading.Lock()


def assignment_with_dropout_always() -> AugmentationSpec:
    """The assignment's preset with a hole in every picture: what it is compared in."""
    spec = find_augmentation("assignment").spec
    return spec.changed(
        transforms=[
            {**transform.model_dump(), "p": 1.0} if isinstance(transform, CoarseDropout) else transform.model_dump()
            for transform in spec.transforms
        ]
    )


def literal_spec() -> AugmentationSpec:
    """What the literal calls come down to, as a spec: with this, their draws are told.

    albumentations' own defaults: turned by up to 45 degrees, and everything that is left empty is black.
    """
    black = (0, 0, 0)
    least, most = IMAGE_SIZE // 10, IMAGE_SIZE // 5
    flip, *_ = assignment_with_dropout_always().transforms
    return AugmentationSpec(
        name="literal",
        transforms=(
            flip,
            ShiftScaleRotate(rotate_limit=45, fill=black),
            CoarseDropout(holes=(1, 2), height=(least, most), width=(least, most), fill=black, p=1.0),
        ),
    )


def literal_pipeline(mean: Sequence[float]) -> AlbumentationsPipeline:
    """HorizontalFlip, ShiftScaleRotate and CoarseDropout called in the assignment's own words, the last one always.

    Args:
        mean: of the data set by channel, in 0..1, which the assignment gives as `fill_value`.
    """
    made, _ = _made(tuple(mean))
    # A transform keeps what it drew last, and another session may be drawing.
    return AlbumentationsPipeline(literal_spec(), mean, made=copy.deepcopy(made))


def literal_warnings(mean: Sequence[float]) -> tuple[str, ...]:
    """What albumentations says of the literal calls, in its own words."""
    return _made(tuple(mean))[1]


@cache
def _made(mean: tuple[float, ...]) -> tuple[tuple[A.BasicTransform, ...], tuple[str, ...]]:
    import albumentations

    # Filters of warnings belong to all threads, so this happens once a data set and server, and one thread at a time.
    with _LOCK, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made = (
            albumentations.HorizontalFlip(),
            albumentations.ShiftScaleRotate(),
            albumentations.CoarseDropout(**_DROPPED, fill_value=mean, mask_fill_value=None, p=1.0),
        )
    # Another thread's warnings would be caught here too.
    told = tuple(str(each.message) for each in caught if "ransform" in str(each.message))
    return made, told
