"""What was drawn for one image, in short words with units."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cifar_core.data.augmentation.amounts import TRIVIAL_UNITS
from cifar_core.data.augmentation.draws import Draws
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import (
    TRIVIAL_OPS,
    BrightnessContrast,
    CoarseDropout,
    ColorJitter,
    GaussianBlur,
    Grayscale,
    HorizontalFlip,
    RandomCrop,
    ShiftScaleRotate,
    Transform,
    TrivialAugment,
)
from cifar_core.data.augmentation.units import Unit, written

UNCHANGED = "unchanged"
_MOST_PLACES = 2
"""Holes up to which each one's place is told."""
_NEUTRAL: dict[Unit, str] = {"factor": "0 %", "share": "0 %", "degrees": "0°", "px": "0 px", "bits": "8 bits"}
_TRIVIAL_WORDS = {
    "shear_x": "sheared sideways",
    "shear_y": "sheared up or down",
    "brightness": "brightness",
    "contrast": "contrast",
    "color": "colour",
    "posterize": "posterized to",
    "solarize": "solarized from",
    "autocontrast": "contrast stretched",
    "equalize": "levels equalized",
}

_BRIEF = {
    "turned ": "",
    "moved ": "",
    "zoomed in ": "zoom +",
    "zoomed out ": "zoom -",
    "contrast ": "contr. ",
    "brightness ": "bright ",
    "saturation ": "satur. ",
    "blurred ": "blur ",
    "sharpened ": "sharp ",
}
"""What stands in place of words for which a small image has no room."""
_ARROWS = {"right": "→", "left": "←", "down": "↓", "up": "↑"}
_HOLE = re.compile(r"hole(?: (\d+) x (\d+))? at x (\d+), y (\d+)")
_MOVE = re.compile(r"(\d+) px (right|left|down|up)")


def brief(phrase: str) -> str:
    """A phrase of `tell_draws` in few letters: "turned 7° left" as "7° left", "moved 2 px right, 1 px up" as "→2 ↑1".

    No line ends inside it.
    """
    phrase = _MOVE.sub(lambda move: f"{_ARROWS[move[2]]}{move[1]}", phrase).replace(", ↓", " ↓").replace(", ↑", " ↑")
    phrase = _HOLE.sub(lambda hole: f"hole {f'{hole[1]}x{hole[2]} ' if hole[1] else ''}x{hole[3]} y{hole[4]}", phrase)
    for words, short in _BRIEF.items():
        phrase = phrase.replace(words, short)
    return phrase.replace(" ", "\u00a0")


def tell_draws(spec: AugmentationSpec, draws: Sequence[Draws], position: int) -> tuple[str, ...]:
    """What happened to one image: "turned 7° left", "moved 2 px right", "hole at x 4, y 9", its upper left corner.

    Args:
        spec: what was carried out.
        draws: one a transform, in the order of the spec.
        position: of the image in the draws.

    Returns:
        One phrase for each thing that can be seen; `UNCHANGED` alone where there is none.
    """
    phrases: list[str] = []
    for transform, drawn in zip(spec.transforms, draws, strict=True):
        values = drawn.of(position)
        if values is not None:
            phrases += _tell(transform, values)
    return tuple(phrases) or (UNCHANGED,)


def _tell(transform: Transform, drawn: Mapping[str, Any]) -> list[str]:
    match transform:
        case HorizontalFlip():
            return ["flipped"]
        case Grayscale():
            return ["grey"]
        case ShiftScaleRotate():
            return [*_turned(drawn["angle"]), *_moved(drawn["dx"], drawn["dy"]), *_zoomed(drawn["scale"])]
        case RandomCrop(padding=padding):
            return _moved(padding - drawn["left"], padding - drawn["top"])
        case ColorJitter():
            names = ("brightness", "contrast", "saturation")
            factors = [phrase for name in names for phrase in _changed(name, drawn[name], "factor")]
            return [*factors, *_changed("hue", 360 * drawn["hue"], "degrees")]
        case BrightnessContrast():
            contrast = _changed("contrast", drawn["contrast"], "factor")
            return [*contrast, *_changed("brightness", drawn["brightness"] / 255, "share")]
        case GaussianBlur():
            return [f"blurred {written(drawn['sigma'], 'px')}"] if drawn["kernel_size"] > 1 else []
        case CoarseDropout():
            return _holes(transform, drawn["holes"])
        case TrivialAugment():
            return _trivial(TRIVIAL_OPS[int(drawn["op"])], float(drawn["amount"]))


def _turned(angle: float) -> list[str]:
    turn = written(abs(angle), "degrees")
    return [] if turn == "0°" else [f"turned {turn} {'left' if angle > 0 else 'right'}"]


def _zoomed(scale: float) -> list[str]:
    zoom = written(1 + abs(scale - 1), "factor")
    return [] if zoom == "0 %" else [f"zoomed {'in' if scale > 1 else 'out'} {zoom}"]


def _moved(dx: float, dy: float) -> list[str]:
    across = f"{written(abs(dx), 'px')} {'right' if dx > 0 else 'left'}" if dx else ""
    down = f"{written(abs(dy), 'px')} {'down' if dy > 0 else 'up'}" if dy else ""
    together = ", ".join(filter(None, (across, down)))
    return [f"moved {together}"] if together else []


def _changed(what: str, value: float, unit: Unit) -> list[str]:
    """Nothing where the amount is too small to be told from none."""
    told = written(float(value), unit)
    if told == _NEUTRAL.get(unit):
        return []
    is_signed = unit in ("factor", "degrees", "share") and not told.startswith("-")
    return [f"{what} {'+' if is_signed else ''}{told}"]


def _holes(transform: CoarseDropout, holes: Any) -> list[str]:
    cut = [hole for hole in holes.tolist() if hole[2] > hole[0]]
    one_size = transform.height[0] == transform.height[1] and transform.width[0] == transform.width[1]
    if len(cut) > _MOST_PLACES:
        return [f"{len(cut)} holes"]
    sizes = ["" if one_size else f" {right - left} x {bottom - top}" for left, top, right, bottom in cut]
    return [f"hole{size} at x {hole[0]}, y {hole[1]}" for size, hole in zip(sizes, cut, strict=True)]


def _trivial(op: str, amount: float) -> list[str]:
    match op:
        case "identity":
            return []
        case "translate_x":
            return _moved(amount, 0)
        case "translate_y":
            return _moved(0, amount)
        case "rotate":
            return _turned(amount)
        case "sharpness":
            sharpened = written(amount, "share")
            return [] if sharpened == _NEUTRAL["share"] else [f"sharpened {sharpened}"]
        case "autocontrast" | "equalize":
            return [_TRIVIAL_WORDS[op]]
    return _changed(_TRIVIAL_WORDS[op], amount, TRIVIAL_UNITS[op])
