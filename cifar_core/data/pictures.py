"""A person's own picture, as the 32 x 32 network sees it. What comes in is not trusted."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_SIDE = 10_000
"""Pixels; a larger picture is refused before it is decoded."""
MAX_PIXELS = 40_000_000


def read_picture(source: Path | bytes, name: str = "picture") -> Images:
    """Reads a picture, cuts its central square and scales that to uint8 [32, 32, 3].

    Args:
        source: a file, or an uploaded file's bytes.
        name: what an error calls it, where `source` is bytes.

    Raises:
        DataError: it cannot be read, is no PNG, JPEG or WebP, or is too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    name = str(source) if isinstance(source, Path) else name
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(source if isinstance(source, Path) else BytesIO(source), formats=FORMATS) as picture:
                _check_size(picture.size, name)
                upright = _to_rgba(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError:
        raise DataError(f"{name} is not a picture that can be read: use a PNG, JPEG or WebP file.") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise DataError(_too_large(name)) from None
    except DataError:
        raise
    except Exception as error:  # a damaged file makes Pillow stumble in many ways: struct.error, KeyError, ...
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is damaged"
        raise DataError(f"{name} cannot be read: {reason}.") from None
    side = min(upright.size)
    left, top = (upright.width - side) // 2, (upright.height - side) // 2
    square = upright.crop((left, top, left + side, top + side))
    # A transparent picture is shown on white, as a browser would.
    opaque = Image.alpha_composite(Image.new("RGBA", square.size, "white"), square).convert("RGB")
    return np.asarray(opaque.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.LANCZOS)).copy()


def _to_rgba(picture: Image.Image) -> Image.Image:
    from PIL import Image

    if picture.mode.startswith("I"):
        # 16-bit grey: Pillow's own conversion clips at 255, which turns nearly everything white.
        picture = Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    return picture.convert("RGBA")


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if max(size) > MAX_SIDE or width * height > MAX_PIXELS:
        raise DataError(_too_large(name, f" ({width:,} x {height:,} pixels)"))


def _too_large(name: str, found: str = "") -> str:
    return (
        f"{name} is too large{found}: at most {MAX_SIDE:,} pixels a side and {MAX_PIXELS // 1_000_000} million in all."
    )
