"""Many small images as one picture: a widget an image would take seconds a rerun."""

from __future__ import annotations

import base64
import io

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
