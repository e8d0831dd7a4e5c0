from __future__ import annotations

import hashlib
import json
import os
import socket
import time
import zipfile
from contextlib import closing
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from cifar_core import __version__
from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunConfig, RunFiles, RunStore
from cifar_core.runs.package.arrays import STEPS, to_steps
from cifar_core.runs.package.layout import MAX_MEMBER_BYTES, PackedEpoch
from cifar_core.runs.package.pack import pack, without_folders
from cifar_core.training.checkpoint import load_checkpoint
from cifar_core.training.metrics import EpochMetrics
from tests.runs.package.building import members_of
from tests.runs.package.conftest import train
from tests.tiny import tiny_config

MEMBERS = [
    *("manifest.json", "config.json", "epochs.json", "weights.safetensors"),
    *("predictions-validation.npz", "predictions-test.npz", "train.log"),
]


def test_a_package_holds_what_a_run_is_and_nothing_else(package: bytes) -> None:
    assert list(members_of(package)) == MEMBERS


def test_packing_twice_gives_the_same_bytes(origin: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pack(origin, run)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert pack(origin, run) == first


def test_the_manifest_tells_size_and_checksum_of_every_other_member(package: bytes) -> None:
    members = members_of(package)
    manifest = json.loads(members.pop("manifest.json"))
    assert manifest["members"] == {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in members.items()
    }
    assert (manifest["format"], manifest["format_version"], manifest["project_version"]) == ("cifarrun", 1, __version__)


def test_the_manifest_tells_what_the_run_is(origin: RunStore, run: Run) -> None:
    origin.set_note(run.id, "Good one.\nReally.")
    run = origin.set_tags(run.id, ["b", "a"])
    told = json.loads(members_of(pack(origin, run))["manifest.json"])["run"]
    assert (told["id"], told["name"], told["state"], told["protocol"]) == (run.id, "tiny", "completed", "validation")
    assert (told["device"], told["environment"]) == (run.device, run.environment)
    assert (told["note"], told["tags"]) == ("Good one.\nReally.", ["a", "b"])
    assert told["created_at"] == run.created_at.isoformat()


def test_every_figure_of_an_epoch_is_packed(origin: RunStore, run: Run, package: bytes) -> None:
    assert set(PackedEpoch.model_fields) == {*EpochMetrics.__dataclass_fields__, "watched"}
    told = json.loads(members_of(package)["epochs.json"])["epochs"]
    figures = [{name: value for name, value in epoch.items() if name != "watched"} for epoch in told]
    assert [EpochMetrics(**epoch) for epoch in figures] == origin.epochs(run.id)


def test_the_weights_are_those_that_the_accuracy_stands_for(origin: RunStore, run: Run, package: bytes) -> None:
    packed = safetensors.torch.load(members_of(package)["weights.safetensors"])
    best = load_checkpoint(RunFiles(origin.run_folder(run.id)).checkpoint("best"))
    assert best.ema is not None
    assert packed.keys() == best.ema.keys()
    assert all(torch.equal(packed[name], best.ema[name]) for name in packed)
    assert any(not torch.equal(packed[name], best.network[name]) for name in packed)


def test_predictions_are_whole_steps_with_the_predicted_class(origin: RunStore, run: Run, package: bytes) -> None:
    predictions = RunFiles(origin.run_folder(run.id)).load_predictions("test")
    assert predictions is not None
    with np.load(BytesIO(members_of(package)["predictions-test.npz"]), allow_pickle=False) as stored:
        assert {name: stored[name].dtype.str for name in stored.files} == {
            "index": "<i4",
            "target": "|u1",
            "predicted": "|u1",
            "probabilities": "|u1",
            "epoch": "<i8",
        }
        np.testing.assert_array_equal(stored["predicted"], predictions.predicted)
        np.testing.assert_array_equal(stored["target"], predictions.targets)
        assert np.abs(stored["probabilities"] / 255 - predictions.probabilities).max() < 1 / 255


def test_steps_sum_to_one_are_off_by_less_than_one_and_keep_the_most_probable_class_ahead() -> None:
    draw = np.random.default_rng(0)
    peaked = draw.dirichlet(np.full(10, 0.05), 2000)
    flat = draw.dirichlet(np.full(10, 500.0), 2000)
    ties = np.repeat([[0.1] * 10, [0.25] * 4 + [0.0] * 6, [0.5, 0.5] + [0.0] * 8], 2, axis=0)
    probabilities = np.vstack([peaked, flat, ties]).astype(np.float32)
    steps = to_steps(probabilities)
    assert (steps.sum(axis=1, dtype=int) == STEPS).all()
    assert (np.abs(steps - 255 * probabilities.astype(float)) < 1).all()
    ahead = steps[np.arange(len(steps)), probabilities.argmax(axis=1)]
    assert (ahead == steps.max(axis=1)).all()


def test_there_is_no_image_no_path_and_no_host_in_it(origin: RunStore, run: Run) -> None:
    RunFiles(origin.run_folder(run.id)).log(f'  File "{Path(__file__).resolve()}", line 3, in train')
    members = members_of(pack(origin, run))
    assert 'File "test_pack.py", line 3' in members["train.log"].decode()
    for name, content in members.items():
        for private in (str(origin.folder), os.path.expanduser("~") + "/", socket.gethostname(), str(Path.cwd())):
            assert private.encode() not in content, (name, private)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/home/ann/lab/runs/a/last.pt cannot be written.", "last.pt cannot be written."),
        ('File "/usr/lib/python3.11/x.py", line 1', 'File "x.py", line 1'),
        (r"C:\Users\Ann\runs\last.pt is damaged.", "last.pt is damaged."),
        ("file:///home/ann/secret/x.py:3", "x.py:3"),
        ("data:/home/ann/x.pt", "data:x.pt"),
        ("'/home/Ann Smith/runs/x.pt' is damaged", "'x.pt' is damaged"),
        ("see https://example.org/a/b/c for 3/4 of it and/or more", None),
        ("Validation set: Accuracy: 4512/5000 (90.24%)", None),
    ],
)
def test_paths_are_cut_to_their_last_part(text: str, kept: str | None) -> None:
    assert without_folders(text) == (text if kept is None else kept)


def test_a_run_that_still_waits_or_trains_is_refused(store: RunStore) -> None:
    waits = store.enqueue(tiny_config())
    with pytest.raises(SpecError, match=f"^Run {waits.id} is queued: it can be packed once it is over.$"):
        pack(store, waits)
    trains = store.get(store.start(tiny_config("other")).run_id)
    with pytest.raises(SpecError, match=r"is running: it can be packed once it is over\.$"):
        pack(store, trains)


def test_a_run_without_an_epoch_is_refused(store: RunStore) -> None:
    run = store.request_stop(store.enqueue(tiny_config()).id)
    with pytest.raises(SpecError, match=f"^Run {run.id} has no finished epoch: there is nothing to pack.$"):
        pack(store, run)


def test_a_run_too_large_for_a_package_is_refused(origin: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MAX_MEMBER_BYTES, "train.log", 100)
    with pytest.raises(SpecError, match=r"cannot be packed: train\.log has \d+ bytes unpacked: 100 is the limit\.$"):
        pack(origin, run)


def test_predictions_of_an_earlier_epoch_are_left_out(origin: RunStore, run: Run) -> None:
    files = RunFiles(origin.run_folder(run.id))
    stale = files.load_predictions("test")
    assert stale is not None
    files.save_predictions("test", type(stale)(stale.index, stale.targets, stale.probabilities, stale.epoch + 7))
    assert "predictions-test.npz" not in members_of(pack(origin, run))


def test_a_run_of_the_seed_s_protocol_is_packed_with_its_last_epoch(tmp_path: Path) -> None:
    trained = train(tmp_path / "seed", protocol="seed")
    members = members_of(trained.package)
    assert json.loads(members["manifest.json"])["weights_epoch"] == 2
    assert "predictions-validation.npz" not in members
    with closing(RunStore(folder=trained.folder)) as store:
        last = load_checkpoint(RunFiles(store.run_folder(trained.run_id)).checkpoint("last"))
    packed = safetensors.torch.load(members["weights.safetensors"])
    assert all(torch.equal(packed[name], last.weights[name]) for name in packed)
    assert RunConfig.parse(members["config.json"]).training.protocol == "seed"


def test_any_zip_program_reads_it(package: bytes) -> None:
    with zipfile.ZipFile(BytesIO(package)) as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
