"""AugmentationSpec as calls of albumentations, in the form that does what the spec says.

A call is data: `pipeline.py` makes it and `code.py` writes it down, so that the code a person takes along is what was
shown.

The assignment's literal call `CoarseDropout(max_holes=1, max_height=16, ..., fill_value=mean)` only warns on
albumentations 2.0.8 and then cuts one or two holes of 3 to 6 pixels filled with black; `num_holes_range` and its kin
are the arguments that count. `ShiftScaleRotate` is deprecated there in favour of the `Affine` used here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cifar_core.data.augmentation.transforms import (
    TRIVIAL_OPS,
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    Fill,
    GaussianBlur,
    Grayscale,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)
from cifar_core.data.augmentation.trivial_ranges import trivial_ranges
from cifar_core.data.datasets import IMAGE_SIZE

if TYPE_CHECKING:
    import albumentations as A


@dataclass(frozen=True, slots=True)
class Cv2:
    """A constant of OpenCV."""

    name: str


Argument = Cv2 | float | str | tuple[float, ...] | Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a class of albumentations."""

    name: str
    arguments: Mapping[str, Argument]
    inner: tuple[Call, ...] = ()
    """Of a composition: what it chooses from, or goes through."""

    def make(self) -> A.BasicTransform | A.BaseCompose:
        """Makes it."""
        import albumentations
        import cv2

        arguments = {
            name: getattr(cv2, value.name) if isinstance(value, Cv2) else value
            for name, value in self.arguments.items()
        }
        inner = ([call.make() for call in self.inner],) if self.inner else ()
        made: A.BasicTransform | A.BaseCompose = getattr(albumentations, self.name)(*inner, **arguments)
        return made


_BORDERS = {
    "constant": Cv2("BORDER_CONSTANT"),
    "reflect": Cv2("BORDER_REFLECT_101"),
    "replicate": Cv2("BORDER_REPLICATE"),
}


def albumentations_call(transform: Transform, mean: Sequence[float]) -> Call:
    """What a transform is in albumentations.

    Args:
        transform: of a spec.
        mean: of the data set by channel, in 0..1; the colour that `fill="mean"` stands for.
    """
    match transform:
        case HorizontalFlip(p=p):
            return Call("HorizontalFlip", {"p": p})
        case ShiftScaleRotate():
            return _affine(transform, mean)
        case RandomCrop(padding=padding, border=border, p=p):
            fill: dict[str, Argument] = {"fill": fill_levels(transform.fill, mean)} if border == "constant" else {}
            padded = Call("Pad", {"padding": padding, "border_mode": _BORDERS[border], **fill})
            cut = Call("RandomCrop", {"height": IMAGE_SIZE, "width": IMAGE_SIZE})
            return Call("Sequential", {"p": p}, (padded, cut))
        case ColorJitter(brightness=brightness, contrast=contrast, saturation=saturation, hue=hue, p=p):
            around = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
            factors: dict[str, Argument] = {name: (1 - limit, 1 + limit) for name, limit in around.items()}
            return Call("ColorJitter", {**factors, "hue": (-hue, hue), "p": p})
        case BrightnessContrast(brightness=brightness, contrast=contrast, p=p):
            limits: dict[str, Argument] = {
                "brightness_limit": (-brightness, brightness),
                "contrast_limit": (-contrast, contrast),
            }
            return Call("RandomBrightnessContrast", {**limits, "p": p})
        case Grayscale(p=p):
            return Call("ToGray", {"p": p})
        case GaussianBlur(sigma=sigma, p=p):
            # A kernel size of 0 lets albumentations choose one that is wide enough for the sigma drawn.
            return Call("GaussianBlur", {"blur_limit": 0, "sigma_limit": sigma, "p": p})
        case CoarseDropout(holes=holes, height=height, width=width, fill=color, p=p):
            sizes: dict[str, Argument] = {"hole_height_range": height, "hole_width_range": width}
            return Call("CoarseDropout", {"num_holes_range": holes, **sizes, "fill": fill_levels(color, mean), "p": p})
        case TrivialAugment(p=p):
            return Call("OneOf", {"p": p}, _trivial(transform, mean))


def fill_levels(fill: Fill, mean: Sequence[float]) -> tuple[float, ...]:
    """The fill colour in 0..255."""
    if fill == "mean":
        return tuple(float(round(channel * 255)) for channel in mean)
    return tuple(float(level) for level in fill)


def _affine(transform: ShiftScaleRotate, mean: Sequence[float]) -> Call:
    # In whole pixels: `translate_percent` cuts the drawn shift towards 0, so that 2 pixels at most never become 2.
    pixels = round(transform.shift_limit * IMAGE_SIZE)
    arguments: dict[str, Argument] = {
        "translate_px": (-pixels, pixels),
        "scale": (1 - transform.scale_limit, 1 + transform.scale_limit),
        "keep_ratio": True,
        "rotate": (-transform.rotate_limit, transform.rotate_limit),
        "border_mode": _BORDERS[transform.border],
        "fill": fill_levels(transform.fill, mean),
        "p": transform.p,
    }
    return Call("Affine", arguments)


def _trivial(transform: TrivialAugment, mean: Sequence[float]) -> tuple[Call, ...]:
    """The operations of `TRIVIAL_OPS`, in its order."""
    limits = {op: each.limits for op, each in zip(TRIVIAL_OPS, trivial_ranges(transform.strength), strict=True)}
    whole = {op: (round(limits[op][0]), round(limits[op][1])) for op in ("translate_x", "translate_y", "posterize")}
    still, fill = (0.0, 0.0), fill_levels(transform.fill, mean)
    moves: tuple[dict[str, Argument], ...] = (
        {"shear": {"x": limits["shear_x"], "y": still}},
        {"shear": {"x": still, "y": limits["shear_y"]}},
        {"translate_px": {"x": whole["translate_x"], "y": (0, 0)}},
        {"translate_px": {"x": (0, 0), "y": whole["translate_y"]}},
        {"rotate": limits["rotate"]},
    )
    kept: dict[str, Argument] = {"brightness": (1.0, 1.0), "contrast": (1.0, 1.0), "saturation": (1.0, 1.0)}
    factors = {"brightness": "brightness", "contrast": "contrast", "color": "saturation"}
    solarized = (limits["solarize"][0] / 255, limits["solarize"][1] / 255)
    # Every one is as likely as any other because all have the same p.
    return (
        Call("NoOp", {"p": 1.0}),
        *(Call("Affine", {**move, "fill": fill, "p": 1.0}) for move in moves),
        *(Call("ColorJitter", {**kept, name: limits[op], "hue": still, "p": 1.0}) for op, name in factors.items()),
        Call("Sharpen", {"alpha": limits["sharpness"], "lightness": (1.0, 1.0), "p": 1.0}),
        Call("Posterize", {"num_bits": whole["posterize"], "p": 1.0}),
        Call("Solarize", {"threshold_range": solarized, "p": 1.0}),
        Call("AutoContrast", {"method": "pil", "p": 1.0}),
        Call("Equalize", {"mode": "pil", "p": 1.0}),
    )
