"""Opens the Augmentation page with an augmentation or a picture, and reads it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from cifar_core.data import AugmentationSpec, find_augmentation, load_dataset
from cifar_core.data.augmentation import Mixer, Transform
from cifar_core.ui.workbench_link import augmentation_link
from tests.pages.helpers import open_page, shown

DIGITS = load_dataset("digits")
OWN = "Your own picture"


def link(*transforms: Transform, batch: tuple[Mixer, ...] = ()) -> str:
    return augmentation_link(find_augmentation("none"), AugmentationSpec(transforms=transforms, batch=batch))


def page(*transforms: Transform, batch: tuple[Mixer, ...] = (), **query: str) -> AppTest:
    """The page with these on its workbench."""
    return open_page("augmentation", transforms=link(*transforms, batch=batch), **query)


def table(session: AppTest) -> dict[tuple[str, str], dict[str, Any]]:
    """Asked for and got, by transform and by what is drawn."""
    (found,) = session.dataframe
    rows = found.value.to_dict("records")
    return {(row["Transform"], row["What is drawn"]): {str(name): told for name, told in row.items()} for row in rows}


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def upload(session: AppTest, content: bytes, name: str = "cat.png") -> AppTest:
    return shown(session.file_uploader("upload").set_value((name, content, "image/png")).run())


def noise(side: int = 40) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (side, side, 3), dtype=np.uint8))
