"""What a test does on the Mistakes page, and reads there."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from cifar_core.ui import gallery
from cifar_core.ui.mistakes.matrix_view import ANY
from tests.pages.helpers import gallery_images, shown
from tests.tiny import some_metrics, tiny_config


def cells(session: AppTest) -> list[str]:
    """What is written into the cells of the matrix, row by row."""
    (chart,) = session.get("plotly_chart")
    texts: list[str] = json.loads(chart.proto.spec)["data"][-1]["text"]
    return texts


def counts(session: AppTest) -> list[list[int]]:
    texts = cells(session)
    return [[int(text.replace(",", "") or 0) for text in texts[row * 10 : row * 10 + 10]] for row in range(10)]


def box(session: AppTest, which: str) -> Selectbox[str]:
    """The box of the "true" or "predicted" class, whichever run and set it speaks of."""
    (found,) = (box for box in session.selectbox if str(box.key).startswith(f"{which}-class-"))
    return found


def choose(session: AppTest, true: str = ANY, predicted: str = ANY) -> AppTest:
    box(session, "true").set_value(true)
    box(session, "predicted").set_value(predicted)
    return shown(session.run())


def opened(session: AppTest, *words: str) -> bool:
    """Whether one sentence of the opened image holds all these words; a dialog lies beside the page's body."""
    sentences = [element.value for group in (session.markdown, session.caption) for element in group]
    return any(all(word in sentence for word in words) for sentence in sentences)


def pictures(session: AppTest) -> list[bytes]:
    return [image.picture.tobytes() for image in gallery_images(session)]


def click(monkeypatch: pytest.MonkeyPatch, session: AppTest, position: int, key: str = "gallery-") -> AppTest:
    """Runs the page as after a click on one of a gallery's images."""
    real = gallery._component

    def clicked(*, key: str, data: dict[str, Any], **callbacks: Any) -> Any:
        result = real(key=key, data=data, **callbacks)
        hit = key.startswith(wanted)
        return SimpleNamespace(clicked={"position": position, "token": data["token"]}) if hit else result

    wanted = key
    with monkeypatch.context() as patch:
        patch.setattr(gallery, "_component", clicked)
        return shown(session.run())


def photographed(store: RunStore) -> Run:
    """A run on CIFAR-10 with predictions that nobody computed."""
    claim = store.start(tiny_config("photographs", dataset="cifar10"))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)
    run = store.get(claim.run_id)
    RunFiles(store.run_folder(run.id)).prepare(run.config)
    targets = np.arange(20) % 10
    probabilities = np.eye(10, dtype=np.float32)[(targets + (np.arange(20) < 10)) % 10]
    RunFiles(store.run_folder(run.id)).save_predictions(
        "validation", Predictions(np.arange(20), targets, probabilities, epoch=1)
    )
    return run
