from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from cifar_core.classroom import weights
from cifar_core.classroom.submissions import read_submissions
from cifar_core.classroom.weights import Recomputed, recompute
from cifar_core.runs import RunConfig
from tests.classroom.handing_in import PRESET_JSON, class_folder
from tests.runs.package.building import members_of, told
from tests.runs.package.conftest import train
from tests.tiny import tiny_architecture


def found(folder: Path) -> dict[str, Recomputed]:
    return dict(recompute(folder, read_submissions(folder)))


def with_weights_times(package: bytes, factor: float) -> bytes:
    """The same run with other weights, and everything in the package telling of the old ones."""
    members = members_of(package)
    arrays = safetensors.numpy.load(members["weights.safetensors"])
    changed = {name: array * factor if array.dtype == "float32" else array for name, array in arrays.items()}
    return told(members | {"weights.safetensors": safetensors.numpy.save(changed, metadata={"epoch": "1"})})


def test_weights_give_the_accuracy_that_the_run_itself_measured(package: bytes, tmp_path: Path) -> None:
    whole = train(tmp_path / "runs", limit_test=None).package
    folder = tmp_path / "class"
    class_folder(folder, anna_json=PRESET_JSON, ben_cifarrun=whole)
    (ben,) = (each for each in read_submissions(folder) if each.run)
    results = found(folder)
    assert list(results) == ["ben.cifarrun"]
    assert ben.run is not None
    assert results["ben.cifarrun"].accuracy == ben.run.test_accuracy
    assert results["ben.cifarrun"].images == 297
    assert ben.assumed == ()


def test_how_many_images_count_is_not_its_maker_s_choice(package: bytes, tmp_path: Path) -> None:
    class_folder(tmp_path, ben_cifarrun=package)
    (ben,) = read_submissions(tmp_path)
    assert ben.assumed == ("Its own test accuracy is of 64 of the 297 test images.",)
    assert found(tmp_path)["ben.cifarrun"].images == 297


def test_an_accuracy_that_the_weights_do_not_have_is_found_out(package: bytes, tmp_path: Path) -> None:
    class_folder(tmp_path, ben_cifarrun=with_weights_times(package, 0.0))
    (submission,) = read_submissions(tmp_path)
    result = found(tmp_path)["ben.cifarrun"]
    assert submission.run is not None
    assert submission.run.test_accuracy is not None
    assert result.accuracy is not None
    assert result.accuracy < submission.run.test_accuracy, "weights of zero answer one class"


def test_weights_of_another_network_are_told(package: bytes, tmp_path: Path) -> None:
    members = members_of(package)
    arrays = safetensors.numpy.load(members["weights.safetensors"])
    turned = {name: np.ascontiguousarray(array.T) for name, array in arrays.items()}  # as many numbers
    other = safetensors.numpy.save(turned, metadata={"epoch": "1"})
    class_folder(tmp_path, ben_cifarrun=told(members | {"weights.safetensors": other}))
    result = found(tmp_path)["ben.cifarrun"]
    assert result == Recomputed(None, 0, "Not recomputed: its package holds the weights of another network.")


def test_an_accuracy_is_not_borrowed_from_a_network_of_another_size(package: bytes, tmp_path: Path) -> None:
    members = members_of(package)
    config = RunConfig.parse(members["config.json"]).changed(architecture=tiny_architecture(width=9).model_dump())
    class_folder(tmp_path, ben_cifarrun=told(members | {"config.json": config.to_json().encode()}))
    (ben,) = read_submissions(tmp_path)
    assert ben.spec is None
    assert "they are another network's" in ben.problem


def test_a_data_set_that_is_not_at_hand_is_told(
    package: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_folder(tmp_path / "class", ben_cifarrun=told_of_cifar10(package))
    monkeypatch.setenv("CIFAR_LAB_DATA", str(tmp_path))
    result = found(tmp_path / "class")["ben.cifarrun"]
    assert result.accuracy is None
    assert result.problem.startswith("Not recomputed: CIFAR-10 is not in")


def told_of_cifar10(package: bytes) -> bytes:
    members = members_of(package)
    return told(members | {"config.json": members["config.json"].replace(b'"digits"', b'"cifar10"', 1)})


def test_a_network_that_would_compute_for_hours_is_refused(
    package: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_folder(tmp_path, ben_cifarrun=package)
    monkeypatch.setattr(weights, "MAX_MACS", 1000)
    assert "MACs an image, and 1,000 is the limit here" in found(tmp_path)["ben.cifarrun"].problem
