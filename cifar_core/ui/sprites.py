"""Many small images as one picture: a widget an image would take seconds a rerun."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

from cifar_core.data.datasets import Images


def enlarge(image: Images, factor: int) -> Images:
    """uint8 [H, W, 3] with every pixel repeated `factor` times each way, edges kept sharp."""
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def png_url(picture: Images) -> str:
    """A picture, uint8 [H, W, 3], as an address that holds all of it, for charts."""
    buffer = io.BytesIO()
    # Packed quickly rather than tightly: noisy photographs hardly shrink, and a page waits for this.
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def framed(image: Images, factor: int = 4, margin: int = 8) -> Images:
    """One image enlarged to uint8 [.., .., 4] with a transparent margin: galleries put pictures edge to edge."""
    large = enlarge(image, factor)
    picture = np.zeros((large.shape[0] + margin, large.shape[1] + margin, 4), dtype=np.uint8)
    picture[: large.shape[0], : large.shape[1], :3] = large
    picture[: large.shape[0], : large.shape[1], 3] = 255
    return picture


def grid(rows: Sequence[Images], factor: int, gap: int = 6, first_gap: int = 18) -> Images:
    """Rows of images as one RGBA sprite, the first column set apart.

    Args:
        rows: each uint8 [N, H, W, 3], with equal N.
        factor: screen pixels a pixel.
        gap: transparent screen pixels between images.
        first_gap: the same behind the first column.

    Returns:
        uint8 [height, width, 4]; the gaps are transparent, so that the page's ground shows in light and dark.
    """
    count, side = len(rows[0]), rows[0].shape[1] * factor
    lefts = [0, *(side + first_gap + number * (side + gap) for number in range(count - 1))]
    sprite = np.zeros((len(rows) * (side + gap) - gap, lefts[-1] + side, 4), dtype=np.uint8)
    for row_number, row in enumerate(rows):
        top = row_number * (side + gap)
        for left, image in zip(lefts, row, strict=True):
            sprite[top : top + side, left : left + side, :3] = enlarge(image, factor)
            sprite[top : top + side, left : left + side, 3] = 255
    return sprite
