from __future__ import annotations

import platform
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from cifar_core import __version__
from cifar_core.runs import Run, RunStore
from cifar_core.runs.environment import environment, resume_note
from tests.tiny import tiny_config

HERE = {"cifar_lab": "0.1.0", "python": "3.11.7", "torch": "2.14.1", "threads": "2"}
CPU = "CPU (x86_64, 2 threads)"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        return replace(store.enqueue(tiny_config()), device=CPU, environment=HERE, epochs_done=7)


def test_it_tells_versions_and_threads_of_this_process() -> None:
    assert environment() == {
        "cifar_lab": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "threads": str(torch.get_num_threads()),
    }


def test_the_same_place_has_nothing_to_tell(run: Run) -> None:
    assert resume_note(run, 7, CPU, HERE) == "Resumed after epoch 7."


@pytest.mark.parametrize(
    ("device", "now", "told"),
    [
        (CPU, {**HERE, "torch": "2.15.0"}, "torch 2.14.1 -> 2.15.0"),
        (CPU, {**HERE, "threads": "8"}, "threads 2 -> 8"),
        ("NVIDIA H100", HERE, f"device {CPU} -> NVIDIA H100"),
        ("NVIDIA H100", {**HERE, "torch": "2.15.0"}, f"device {CPU} -> NVIDIA H100, torch 2.14.1 -> 2.15.0"),
    ],
)
def test_what_moves_bits_is_told(run: Run, device: str, now: dict[str, str], told: str) -> None:
    assert resume_note(run, 7, device, now) == f"Resumed after epoch 7 ({told}): the rest may differ in its last bits."


@pytest.mark.parametrize("name", ["cifar_lab", "python"])
def test_what_moves_no_bits_is_not(run: Run, name: str) -> None:
    assert resume_note(run, 7, CPU, {**HERE, name: "9.9"}) == "Resumed after epoch 7."


def test_a_run_of_an_older_version_that_recorded_less_is_not_suspected(run: Run) -> None:
    assert resume_note(replace(run, device=None, environment={}), 7, CPU, HERE) == "Resumed after epoch 7."


def test_lost_checkpoints_are_told(run: Run) -> None:
    begin = "Begun anew, since what it needs of its checkpoints cannot be read"
    assert resume_note(run, 0, CPU, HERE) == f"{begin}."
    assert resume_note(run, 0, CPU, {**HERE, "threads": "8"}).startswith(f"{begin} (threads 2 -> 8): ")
