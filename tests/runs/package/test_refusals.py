"""Bad files, each of them really built: one sentence, and nothing of it is left."""

from __future__ import annotations

import json
import random
import struct
import zipfile
from pathlib import Path
from typing import IO

import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import RunStore
from cifar_core.runs.package import archive
from cifar_core.runs.package import unpack as unpacking
from cifar_core.runs.package.unpack import unpack
from tests.runs.package.bad_files import BAD_FILES
from tests.runs.package.building import Build, members_of, told, zipped

MIB = 2**20


def refusal(store: RunStore, folder: Path, content: bytes) -> str:
    """The sentence with which a file is refused; checks that it is one, and that nothing was stored."""
    file = folder / "bad.cifarrun"
    file.write_bytes(content)
    with pytest.raises(SpecError) as refused:
        unpack(store, file)
    sentence = str(refused.value)
    assert sentence.startswith("bad.cifarrun cannot be unpacked: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 700
    assert store.count_runs() == 0
    assert [path.name for path in store.folder.iterdir() if not path.name.startswith("runs.db")] == []
    return sentence


@pytest.mark.parametrize(
    ("build", "words"),
    [pytest.param(*case, id=name) for cases in BAD_FILES for name, case in cases.items()],
)
def test_a_bad_file_is_refused_in_one_sentence(
    store: RunStore, package: bytes, tmp_path: Path, build: Build, words: str
) -> None:
    assert words in refusal(store, tmp_path, build(package))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    store: RunStore, package: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = members_of(package)
    too_large = zipped((members | {"train.log": bytes(17 * MIB)}).items())
    too_dense = zipped((members | {"train.log": bytes(8 * MIB)}).items())
    read: list[str] = []
    whole = zipfile.ZipFile.open

    def watched(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> IO[bytes]:
        read.append(info.filename)
        return whole(archive, info)

    monkeypatch.setattr(zipfile.ZipFile, "open", watched)
    assert "train.log has 17,825,792 bytes unpacked: 16,777,216 is the limit" in refusal(store, tmp_path, too_large)
    assert "train.log unpacks to more than 100 times its size" in refusal(store, tmp_path, too_dense)
    assert read == ["manifest.json"] * 2


def test_a_manifest_that_is_a_bomb_is_refused(store: RunStore, tmp_path: Path) -> None:
    sentence = refusal(store, tmp_path, zipped([("manifest.json", bytes(MIB))]))
    assert "manifest.json has 1,048,576 bytes unpacked: 262,144 is the limit" in sentence


def test_what_is_too_large_in_all_is_refused(
    store: RunStore, package: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_PACKAGE_BYTES", len(package) + 100)
    assert "its members are too large: 0 MiB in all is the limit" in refusal(store, tmp_path, package)
    monkeypatch.setattr(archive, "MAX_PACKAGE_BYTES", len(package) - 1)
    assert f"it has {len(package):,} bytes: 0 MiB is the limit" in refusal(store, tmp_path, package)


def test_a_zip64_directory_is_refused(store: RunStore, tmp_path: Path, package: bytes) -> None:
    # Its own end record could tell of as many members as it likes.
    end = package[-22:]
    record = b"PK\6\6" + struct.pack("<Q2H2L4Q", 44, 45, 45, 0, 0, 2**40, 2**40, 2**40, 0)
    locator = b"PK\6\7" + struct.pack("<LQL", 0, len(package) - 22, 1)
    content = package[:-22] + record + locator + end
    assert "it is in the Zip64 format" in refusal(store, tmp_path, content)


def test_predictions_of_validation_images_under_the_seed_s_protocol(
    store: RunStore, package: bytes, tmp_path: Path
) -> None:
    config = json.loads(members_of(package)["config.json"])
    config["training"]["protocol"] = "seed"
    epochs = json.loads(members_of(package)["epochs.json"])
    for epoch in epochs["epochs"]:
        epoch["split"] = "test"
    epochs["watched_index"] = list(range(12))
    members = members_of(package) | {
        "config.json": json.dumps(config).encode(),
        "epochs.json": json.dumps(epochs).encode(),
    }
    sentence = refusal(store, tmp_path, told(members, run={"protocol": "seed"}, weights_epoch=2))
    assert 'it holds predictions-validation.npz, and the protocol "seed" has no validation images' in sentence


@pytest.mark.parametrize("name", ["nowhere.cifarrun", ".", "nul\0l", "n" * 300])
def test_no_file_is_a_sentence(store: RunStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(SpecError, match=r"cannot be read: .*\.$"):
        unpack(store, tmp_path / name)


def test_no_damage_ends_in_anything_but_a_sentence(store: RunStore, package: bytes, tmp_path: Path) -> None:
    draw = random.Random(0)
    for _ in range(150):
        damaged = bytearray(package[: draw.choice([len(package), draw.randrange(len(package))])])
        for _ in range(min(3, len(damaged))):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        file = tmp_path / "damaged.cifarrun"
        file.write_bytes(damaged)
        try:
            unpacking.load_package(file)
        except SpecError as error:
            assert str(error).startswith("damaged.cifarrun cannot be unpacked: ")  # noqa: PT017 - not all are found
