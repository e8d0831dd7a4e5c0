"""Opens pages as a visitor would, and reads what stands on them."""

from __future__ import annotations

import base64
import io
import json
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from cifar_core.architecture import block_widths, find_preset, with_block_widths
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunFiles, RunStore
from cifar_core.ui import workbench
from cifar_core.ui.architecture.start import MIN_WIDTH
from cifar_core.ui.workbench_link import architecture_link
from cifar_core.words import JOINER
from tests.tiny import PROJECT

DESIGN = ("home", "architecture", "augmentation")
PAGES = (*DESIGN, "training", "runs", "mistakes", "predict", "class")
SECONDS = 60
"""Enough for a first import of torch on a busy machine."""


def open_page(name: str, **query: str) -> AppTest:
    """A page as the very first one of a session, with some parameters in its URL."""
    session = AppTest.from_file(PROJECT / "app.py", default_timeout=SECONDS)
    session.query_params.update(query)
    return go_to(session, name)


def narrowest_link(preset_name: str) -> str:
    """`?network=` of a preset made as narrow as the sliders allow: it trains fastest."""
    preset = find_preset(preset_name)
    widths = dict.fromkeys(block_widths(preset.spec), MIN_WIDTH)
    return architecture_link(preset, with_block_widths(preset.spec, widths))


def go_to(session: AppTest, name: str) -> AppTest:
    """The same session, on another page: the menu's links carry no parameters along."""
    if name == "home":
        session.switch_page("app.py")
    else:
        session.switch_page(f"pages/{name}.py")
    return shown(session.run())


def shown(session: AppTest) -> AppTest:
    """Fails if the page ended in an exception."""
    assert not session.exception, session.exception[0].proto
    return session


def as_read(markdown: str) -> str:
    """What a person reads: signs of Markdown that were made harmless stand for themselves."""
    return re.sub(r"\\(.)", r"\1", markdown).replace(JOINER, "")


def texts(session: AppTest) -> list[str]:
    """Every sentence in the page's body: headings, paragraphs, captions, boxes."""
    body = session.main
    groups = (
        body.header,
        body.subheader,
        body.markdown,
        body.caption,
        body.info,
        body.warning,
        body.error,
        body.success,
    )
    return [as_read(element.value) for group in groups for element in group]


def says(session: AppTest, *words: str) -> bool:
    """Whether one sentence of the page holds all these words."""
    return any(all(word in text for word in words) for text in texts(session))


def strip_of(session: AppTest) -> str:
    """The workbench strip."""
    (strip,) = (caption.value for caption in session.main.caption if caption.value.startswith("On the workbench:"))
    return strip


def on_strip(session: AppTest, kind: str) -> str:
    """What the strip says of the architecture, the augmentation or the recipe."""
    (part,) = (part for part in strip_of(session).split("  ·  ") if f" {kind} **" in part)
    return part


def metric(session: AppTest, label: str) -> str:
    (found,) = (metric for metric in session.metric if metric.label == label)
    value: str = found.value
    return value


def number(text: str) -> int:
    """97264 from "97,264"."""
    return int(re.sub(r"[^0-9-]", "", text))


def links(session: AppTest) -> list[str]:
    """Labels of the links in the page's body, without the menu's."""
    return [link.label for link in session.main.page_link]


def launch(session: AppTest) -> AppTest:
    """Presses Launch on the Training page."""
    return shown(session.button("launch").click().run())


def toasts(session: AppTest) -> list[str]:
    """What the toasts of the last run of the page say."""
    return [as_read(toast.value) for toast in session.toast]


def button_keys(session: AppTest) -> set[str]:
    """Keys of the buttons in the page's body."""
    return {str(button.key) for button in session.main.button}


def damage(path: Path) -> None:
    """Cuts a file short."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@dataclass(frozen=True)
class Shown:
    """An image of a gallery, as it is sent to the browser."""

    picture: np.ndarray
    caption: str
    alt: str


def gallery_images(session: AppTest, key: str = "gallery-") -> list[Shown]:
    """The images of the page's gallery whose key begins so; none where there is no such gallery."""
    told = [element.proto for element in session.get("bidi_component") if f"-{key}" in element.proto.id]
    if not told:
        return []
    data = json.loads(told[0].json)
    sprite = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["sprite"].partition(",")[2]))))
    cells = [divmod(at, data["columns"]) for at in range(len(data["images"]))]
    pictures = [sprite[32 * row : 32 * row + 32, 32 * column : 32 * column + 32] for row, column in cells]
    return [
        Shown(picture, image["caption"], image["alt"]) for picture, image in zip(pictures, data["images"], strict=True)
    ]


def files_of(run: Run) -> RunFiles:
    """A run's files in this test's own store."""
    with closing(RunStore()) as store:
        return RunFiles(store.run_folder(run.id))


def stored_predictions(run: Run, split: EvaluationSplit = "validation") -> Predictions:
    predictions = files_of(run).load_predictions(split)
    assert predictions is not None
    return predictions


def laid_augmentation(session: AppTest) -> AugmentationSpec:
    """The augmentation on the workbench."""
    if workbench._AUGMENTATION not in session.session_state:
        return find_augmentation("seed-model-3").spec  # which the default network brings
    _, text = session.session_state[workbench._AUGMENTATION]
    return AugmentationSpec.parse(text)


def pixels(session: AppTest, key: str = "samples-sheet") -> list[bytes]:
    """Of every image of a sheet, in their order."""
    return [image.picture.tobytes() for image in gallery_images(session, key)]
