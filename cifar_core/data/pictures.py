"""A person's own picture, as the 32 x 32 network sees it. What comes in is not trusted."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MIN_SIDE = 8
"""Pixels; on less than a quarter of the network's own side there is nothing to be seen."""
MAX_SIDE = 10_000
"""Pixels; a larger picture is refused before it is decoded."""
MAX_PIXELS = 40_000_000
GIVEN_SIDE = 640
"""Pixels a side up to which the picture as it was given is kept, to show it."""
_TURNED = (5, 6, 7, 8)
"""Exif orientations of a picture that lies on its side."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A person's picture, as it was given and as the network sees it."""

    given: Images
    """uint8 [H, W, 3], the whole of it, upright; scaled down where a side is above `GIVEN_SIDE`."""
    seen: Images
    """uint8 [32, 32, 3], its central square."""
    width: int
    """Pixels it came with, upright."""
    height: int
    frames: int = 1
    """Of an animated picture more than one, of which the first is taken."""
    is_cmyk: bool = False
    """Whether its colours came as printing inks."""


def load_picture(source: Path | bytes, name: str = "picture") -> Picture:
    """Reads a picture, to show it beside what the network sees of it.

    Args:
        source: a file, or an uploaded file's bytes.
        name: what an error calls it, where `source` is bytes.

    Raises:
        DataError: as `read_picture`.
    """
    read = _read_upright(source, name)
    seen = _central_square(read.picture)
    read.picture.thumbnail((GIVEN_SIDE, GIVEN_SIDE))
    return Picture(np.asarray(_on_white(read.picture)).copy(), seen, read.width, read.height, read.frames, read.is_cmyk)


def read_picture(source: Path | bytes, name: str = "picture") -> Images:
    """Reads a picture, cuts its central square and scales that to uint8 [32, 32, 3].

    Args:
        source: a file, or an uploaded file's bytes.
        name: what an error calls it, where `source` is bytes.

    Raises:
        DataError: it cannot be read, is no PNG, JPEG or WebP, or is too large or too small.
    """
    return _central_square(_read_upright(source, name).picture)


class _Read(NamedTuple):
    """The whole picture, upright, as L, RGB or RGBA; a large one is scaled down."""

    picture: Image.Image
    width: int
    """Pixels it came with, upright."""
    height: int
    frames: int
    is_cmyk: bool


def _read_upright(source: Path | bytes, name: str) -> _Read:
    from PIL import Image, UnidentifiedImageError

    name = str(source) if isinstance(source, Path) else name
    try:
        # Pillow's own limits lie above these: at the most it writes a warning of what is refused here.
        with Image.open(source if isinstance(source, Path) else BytesIO(source), formats=FORMATS) as picture:
            _check_size(picture.size, name)
            return _upright(picture)
    except UnidentifiedImageError:
        raise DataError(f"{name} is not a picture that can be read: use a PNG, JPEG or WebP file.") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise DataError(_too_large(name)) from None
    except DataError:
        raise
    except Exception as error:  # a damaged file makes Pillow stumble in many ways: struct.error, KeyError, ...
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
        raise DataError(f"{name} cannot be read: {reason}.") from None


def _upright(picture: Image.Image) -> _Read:
    from PIL import ExifTags, ImageOps

    width, height = picture.size
    # A telephone's JPEG may hold further pictures of the same moment (MPO), which are no film.
    frames: int = getattr(picture, "n_frames", 1) if picture.format != "MPO" else 1
    is_cmyk = picture.mode == "CMYK"
    if picture.getexif().get(ExifTags.Base.Orientation, 1) in _TURNED:
        width, height = height, width
    # 40 million pixels take 160 MB, and each copy as much again: a JPEG is decoded smaller, any other scaled down
    # before it is worked on. Averages of whole squares of pixels, so that the fine scaling has enough to go by.
    if (factor := _shrinking(picture)) > 1:
        picture.draft(None, (picture.width // factor, picture.height // factor))
    ImageOps.exif_transpose(picture, in_place=True)
    drawn = _in_plain_mode(picture)
    if (factor := _shrinking(drawn)) > 1:
        drawn = drawn.reduce(factor)
    return _Read(drawn, width, height, frames, is_cmyk)


def _shrinking(picture: Image.Image) -> int:
    """By how much to scale down: the shorter side keeps at least `GIVEN_SIDE`, and a smaller picture every pixel."""
    return min(picture.size) // GIVEN_SIDE


def _central_square(upright: Image.Image) -> Images:
    from PIL import Image

    side = min(upright.size)
    left, top = (upright.width - side) // 2, (upright.height - side) // 2
    square = _on_white(upright.crop((left, top, left + side, top + side)))
    return np.asarray(square.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.LANCZOS)).copy()


def _on_white(picture: Image.Image) -> Image.Image:
    """A transparent picture is shown on white, as a browser would."""
    from PIL import Image

    if picture.mode == "RGBA":
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    return picture.convert("RGB")


def _in_plain_mode(picture: Image.Image) -> Image.Image:
    """As L, RGB or RGBA; a copy only where it is something else."""
    from PIL import Image

    if picture.mode.startswith("I"):
        # 16-bit grey: Pillow's own conversion clips at 255, which turns nearly everything white.
        return Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB") else picture.convert("RGB")


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if min(size) < MIN_SIDE:
        raise DataError(f"{name} is too small ({width} x {height} pixels): at least {MIN_SIDE} pixels a side.")
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise DataError(_too_large(name, f" ({width:,} x {height:,} pixels)"))


def _too_large(name: str, found: str = "") -> str:
    return (
        f"{name} is too large{found}: at most {MAX_SIDE:,} pixels a side and {MAX_PIXELS // 1_000_000} million in all."
    )
