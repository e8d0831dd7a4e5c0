"""AugmentationSpec as Python source that runs with albumentations alone."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.data.augmentation.calls import Argument, Call, Cv2, albumentations_call
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.words import counted

_LINE = 100
"""A call that is longer goes over several lines."""
_HEAD = """import random

import albumentations as A
import cv2
import numpy as np

"""
_TAIL = '''

def draw(image: np.ndarray, seed: int) -> np.ndarray:
    """One draw for an image, uint8 [32, 32, 3]; the same seed gives the same picture."""
    # All transforms share one stream. A.Compose(seed=...) starts each of them on the same numbers: with equal
    # probabilities an image would be flipped exactly when it is moved.
    transform.set_random_state(np.random.default_rng(seed), random.Random(seed))
    return transform(image=image)["image"]


if __name__ == "__main__":
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    print(draw(picture, seed=0).mean(axis=(0, 1)))
'''


def augmentation_code(spec: AugmentationSpec, mean: Sequence[float]) -> str:
    """Source of a module with `transform`, an `A.Compose`, and `draw(image, seed)`.

    It makes the very calls that `AlbumentationsPipeline` makes, so that a seed gives the same picture in both.

    Args:
        spec: its transforms; of its mixers a comment tells, because albumentations has none.
        mean: of the data set by channel, in 0..1; the colour that `fill="mean"` stands for.
    """
    calls = [albumentations_call(transform, mean) for transform in spec.transforms]
    body = "".join(f"        {_written(call, 8)},\n" for call in calls)
    listed = f"[\n{body}    ]" if calls else "[]"
    notes = ""
    if spec.batch:
        names = " and ".join(mixer.type for mixer in spec.batch)
        notes = (
            f"# {counted(len(spec.batch), 'mixer')} of the batch ({names}) left out: albumentations sees one image.\n"
        )
    if any(call.name == "CoarseDropout" for call in calls):
        notes += (
            "# max_holes, max_height and fill_value, which older texts name, are ignored by albumentations 2.0.8.\n"
        )
    compose = f"transform = A.Compose(\n    {listed},\n    is_check_shapes=False,\n)\n"
    return f'"""Augmentation "{_plain(spec.name)}", for albumentations 2.0.8."""\n\n{_HEAD}{notes}{compose}{_TAIL}'


def _written(call: Call, indent: int) -> str:
    """A call; over several lines where one is too long. `indent` is that of its first line, in spaces."""
    arguments = [f"{name}={_value(value)}" for name, value in call.arguments.items()]
    inner = []
    if call.inner:
        listed = "".join(f"{' ' * (indent + 8)}{_written(each, indent + 8)},\n" for each in call.inner)
        inner = [f"[\n{listed}{' ' * (indent + 4)}]"]
    line = f"A.{call.name}({', '.join([*inner, *arguments])})"
    if not inner and indent + len(line) < _LINE:
        return line
    lines = "".join(f"{' ' * (indent + 4)}{part},\n" for part in [*inner, *arguments])
    return f"A.{call.name}(\n{lines}{' ' * indent})"


def _value(value: Argument) -> str:
    if isinstance(value, Cv2):
        return f"cv2.{value.name}"
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{name}": {each!r}' for name, each in value.items()) + "}"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _plain(name: str) -> str:
    """A name that cannot end the text that it stands in."""
    return "".join(sign for sign in name if sign.isprintable() and sign not in '"\\')
