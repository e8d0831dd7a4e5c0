"""What a test does on the Predict page, and reads there."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from typing import Any

from PIL import Image
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Predictions, Run, RunFiles, RunState, RunStore
from tests.pages.helpers import shown
from tests.tiny import some_metrics, tiny_config


def stored(store: RunStore, run: Run) -> Predictions:
    """What it said of the test images when it was evaluated."""
    predictions = RunFiles(store.run_folder(run.id)).load_predictions("test")
    assert predictions is not None
    return predictions


def figure(session: AppTest, part: str) -> dict[str, Any]:
    """A chart of the page, as Plotly is given it."""
    (chart,) = (chart for chart in session.get("plotly_chart") if part in str(chart.proto.id))
    parsed: dict[str, Any] = json.loads(chart.proto.spec)
    return parsed


def bars(session: AppTest, dataset: str = "digits") -> list[list[float]]:
    return [trace["x"] for trace in figure(session, f"predict-probabilities-{dataset}")["data"]]


def chosen(session: AppTest) -> list[str]:
    return list(session.multiselect("predict-runs").value)


def linked(session: AppTest, parameter: str) -> str | None:
    value = session.query_params.get(parameter)
    return value[0] if isinstance(value, list) else value


def png(width: int = 60, height: int = 40, color: str = "orange") -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (width, height), color).save(buffer, "PNG")
    return buffer.getvalue()


def with_own_picture(session: AppTest, content: bytes, name: str = "cat.png") -> AppTest:
    shown(session.segmented_control("predict-source").set_value("own").run())
    return shown(session.file_uploader("upload").set_value((name, content, "image/png")).run())


def photographed(store: RunStore) -> Run:
    """A run on CIFAR-10 that is over, with the weights of a run on digits."""
    donor = next(run for run in store.list_runs() if run.state == RunState.COMPLETED)
    claim = store.start(tiny_config("photographs", dataset="cifar10", epochs=1))
    store.report_epoch(claim, some_metrics())
    store.report_end(claim, RunState.COMPLETED)
    run = store.get(claim.run_id)
    shutil.copytree(store.run_folder(donor.id), store.run_folder(run.id), dirs_exist_ok=True)
    return run
