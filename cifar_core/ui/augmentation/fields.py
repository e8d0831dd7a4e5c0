"""The fields of transforms and mixers as a person sets them: in pixels, degrees, percent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from cifar_core.data.datasets import IMAGE_SIZE

Value = float | tuple[float, float]
"""Of a field: an amount, or the least and the largest of a range."""
Choice = str | tuple[int, int, int]
"""Of a field: a word, or a colour as RGB in 0..255."""


@dataclass(frozen=True, slots=True)
class SliderField:
    """A slider over one field; over a range it has two handles."""

    field: str
    label: str
    low: float
    high: float
    step: float
    help: str = ""
    unit: float = 1.0
    """The field's value is the slider's times this: pixels to shares, percent to factors."""

    def shown(self, value: Value) -> Value:
        """Where the slider stands for a value of the field."""
        if isinstance(value, tuple):
            return cast("Value", tuple(self._shown(each) for each in value))
        return self._shown(value)

    def field_value(self, shown: Value) -> Value:
        """The field's value for where the slider stands."""
        if isinstance(shown, tuple):
            return shown  # no range has a unit of its own
        return shown if self.unit == 1 else shown * self.unit

    def limits(self, shown: Value) -> tuple[float, float]:
        """The slider's ends, moved out for a value that a file brought from beyond them."""
        low, high = shown if isinstance(shown, tuple) else (shown, shown)
        return min(self.low, low), max(self.high, high)

    def _shown(self, value: float) -> float:
        return round(value / self.unit) if isinstance(self.step, int) else value / self.unit


@dataclass(frozen=True, slots=True)
class ChoiceField:
    """A choice of one of a few values."""

    field: str
    label: str
    options: Mapping[Choice, str]
    """What stands in the spec, and how it is called on the page."""
    help: str = ""
    counts_with: tuple[str, Choice] | None = None
    """Another field, and its only value with which this one makes a difference; None if it always does."""

    def counts(self, part: object) -> bool:
        """Whether it makes a difference to a transform as it is set."""
        return self.counts_with is None or getattr(part, self.counts_with[0]) == self.counts_with[1]

    def offered(self, value: Choice) -> list[Choice]:
        """What can be chosen: the options, and a value that a file brought from beyond them."""
        return list(self.options) if value in self.options else [*self.options, value]

    def title(self, value: Choice) -> str:
        """How a value is called."""
        return self.options.get(value) or f"RGB {', '.join(map(str, value))}"


Field = SliderField | ChoiceField

_PROBABILITY = SliderField("p", "Probability", 0.0, 1.0, 0.05, "Share of the images that it happens to.")
_BORDER = ChoiceField(
    "border",
    "Border",
    {"constant": "Filled", "reflect": "Mirrored", "replicate": "Repeated"},
    "What appears where the image moved away: the fill colour, the image mirrored, or its outermost pixels.",
)

_FILL = ChoiceField(
    "fill",
    "Fill",
    {"mean": "Mean colour", (0, 0, 0): "Black", (128, 128, 128): "Grey", (255, 255, 255): "White"},
    "The colour of what is left empty. The mean of the data set is zero to the network, and tells it least.",
)
_BORDER_FILL = replace(
    _FILL, help=f"{_FILL.help} It counts where the border is filled.", counts_with=("border", "constant")
)

FIELDS: dict[str, tuple[Field, ...]] = {
    "horizontal_flip": (_PROBABILITY,),
    "shift_scale_rotate": (
        SliderField("shift_limit", "Shift, pixels", 0, 16, 1, "Up to so far, each way.", 1 / IMAGE_SIZE),
        SliderField("scale_limit", "Scale, percent", 0, 50, 5, "Zooms in or out by up to so much.", 0.01),
        SliderField("rotate_limit", "Rotate, degrees", 0, 90, 1, "Turns by up to so much, either way."),
        _PROBABILITY,
        _BORDER,
        _BORDER_FILL,
    ),
    "random_crop": (
        SliderField("padding", "Margin, pixels", 1, 16, 1, "Added on each side before the cut."),
        _PROBABILITY,
        _BORDER,
        _BORDER_FILL,
    ),
    "color_jitter": (
        SliderField("brightness", "Brightness, percent", 0, 100, 5, "Up to so much darker or brighter.", 0.01),
        SliderField("contrast", "Contrast, percent", 0, 100, 5, "Up to so much flatter or harder.", 0.01),
        SliderField("saturation", "Saturation, percent", 0, 100, 5, "Up to so much paler or stronger.", 0.01),
        SliderField("hue", "Hue, degrees", 0, 180, 6, "Turns the colour circle by up to so much.", 1 / 360),
        _PROBABILITY,
    ),
    "brightness_contrast": (
        SliderField("brightness", "Brightness, percent", 0, 100, 5, "Share of all levels added or taken.", 0.01),
        SliderField("contrast", "Contrast, percent", 0, 100, 5, "Up to so much flatter or harder.", 0.01),
        _PROBABILITY,
    ),
    "grayscale": (_PROBABILITY,),
    "gaussian_blur": (
        SliderField("sigma", "Width, pixels", 0.1, 4.0, 0.1, "Standard deviation of the bell: least and largest."),
        _PROBABILITY,
    ),
    "coarse_dropout": (
        SliderField("holes", "Holes", 1, 8, 1, "Least and most."),
        SliderField("height", "Height, pixels", 1, IMAGE_SIZE, 1, "Of a hole: least and largest."),
        SliderField("width", "Width, pixels", 1, IMAGE_SIZE, 1, "Of a hole: least and largest."),
        _PROBABILITY,
        _FILL,
    ),
    "trivial_augment": (
        SliderField("strength", "Strength, percent", 5, 100, 5, "Of the widest magnitudes of the paper.", 0.01),
        _PROBABILITY,
        _FILL,
    ),
    "mixup": (
        SliderField("alpha", "Alpha", 0.1, 2.0, 0.1, "The share is drawn from Beta(alpha, alpha): evenly for 1."),
        _PROBABILITY,
    ),
    "cutmix": (
        SliderField("alpha", "Alpha", 0.1, 2.0, 0.1, "The share is drawn from Beta(alpha, alpha): evenly for 1."),
        _PROBABILITY,
    ),
}
"""By the type of the transform or mixer."""
