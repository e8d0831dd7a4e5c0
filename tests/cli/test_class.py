from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.errors import StoreError
from cifar_core.runs import RunStore
from cifar_core.runs.package.pack import pack
from tests.classroom.handing_in import PRESET_JSON, PRINTED, class_folder, class_zip, member
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check
from tests.tiny import tiny_config, train_into


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return class_folder(
        tmp_path / "class", anna_json=PRESET_JSON, ben__model_txt=PRINTED, carla_json=PRESET_JSON, dora_py="import os"
    )


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    file = tmp_path / "claims.csv"
    file.write_text("file,author,receptive_field\nanna.json,=Anna,125\nnobody.txt,,1\n")
    return file


def test_a_class_is_told_as_a_table_and_sentences(cli: Cli, folder: Path, claims: Path) -> None:
    outcome = cli("class", folder, "--claims", claims)
    assert (outcome.status, outcome.err) == (0, "")
    header, anna, ben, carla, *said = outcome.out.splitlines()
    assert header.split()[:4] == ["file", "author", "rules", "parameters"]
    assert anna.split() == [
        "anna.json",
        "=Anna",
        "met",
        "97,264",
        "102,735",
        "-",
        "69",
        "24",
        "125",
        "(wrong)",
        "-",
        "-",
        "A",
    ]
    assert ben.split()[:4] == ["ben/model.txt", "ben", "not", "met"]
    assert carla.split()[-1] == "A"
    assert any(line.startswith("dora.py: A .py file may run code") for line in said)
    assert "Claims, line 3: 'nobody.txt' is none of the files here, so the line is left aside." in said
    assert "1 stated receptive field: 1 wrong." in said
    assert said[-1].startswith("Same network A: the presets seed-model-2 and seed-model-3 and anna.json, carla.json")


def test_the_json_is_what_its_schema_says(cli: Cli, folder: Path, claims: Path) -> None:
    data = cli("class", folder, "--claims", claims, "--min-field", 70, "--json").data
    check("class", data)
    assert data["limits"]["network"]["receptive_field_above"] == 69
    anna = data["rows"][0]
    assert (anna["file"], anna["field_margin"], anna["passed"]) == ("anna.json", -1, False)
    assert anna["verdicts"] == {"params": None, "receptive_field": "wrong", "accuracy": None}
    assert [group["files"] for group in data["identical"]] == [["anna.json", "carla.json"]]


def test_the_csv_is_written_for_a_spreadsheet(cli: Cli, folder: Path, claims: Path, tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    outcome = cli("class", folder, "--claims", claims, "--csv", file)
    assert outcome.out.splitlines()[-1] == f"{file} holds the table."
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["author"] for row in rows] == ["'=Anna", "ben", "carla", "dora"]


@pytest.mark.parametrize(
    ("options", "met"),
    [
        ((), 2),
        (("--max-params", 97_263), 0),
        (("--max-params", 97_264), 2),
        (("--min-field", 69), 2),
        (("--min-field", 70), 0),
        (("--blocks", 3), 0),
    ],
)
def test_limits_are_set_inclusively(cli: Cli, folder: Path, options: tuple[object, ...], met: int) -> None:
    assert f"3 networks in 4 files: {met} meet the network rules" in cli("class", folder, *options).out


def test_a_zip_is_read_like_a_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "class.zip").write_bytes(class_zip(member("../evil.json"), member("ben.txt", PRINTED.encode())))
    outcome = cli("class", tmp_path / "class.zip")
    assert outcome.status == 0
    assert "../evil.json: Its name leads out of the zip: it is not read." in outcome.out
    assert "2 networks in 3 files" in outcome.out


def test_accuracies_are_recomputed_when_asked(cli: Cli, folder: Path, own_store: Path) -> None:
    with closing(RunStore()) as store:
        run = train_into(store, tiny_config(limit_test=None))
        (folder / "eva.cifarrun").write_bytes(pack(store, run))
    as_told = cli("class", folder, "--json")
    anew = cli("class", folder, "--recompute", "--json")
    told, recomputed = (
        {row["file"]: row for row in each.data["rows"]}["eva.cifarrun"]["run"] for each in (as_told, anew)
    )
    assert told["recomputed_accuracy"] is None
    assert recomputed["recomputed_accuracy"] == told["test_accuracy"] == run.test_accuracy
    assert anew.err.startswith("1 of 1: eva.cifarrun: ")
    assert anew.err.endswith(" % of 297 test images.\n")


def test_a_csv_that_cannot_be_written_is_told_before_anything_is_computed(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.cli.classroom.recompute", lambda *arguments: pytest.fail("it was computed"))
    outcome = cli("class", folder, "--recompute", "--csv", tmp_path)
    outcome.assert_refused(1, f"{tmp_path} cannot be written: Is a directory.")


def test_a_disk_that_fills_up_meanwhile_takes_the_file_and_not_the_table(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise StoreError("table.csv cannot be written: No space left on device.")

    monkeypatch.setattr("cifar_core.cli.classroom.write_atomically", full)
    outcome = cli("class", folder, "--csv", tmp_path / "table.csv")
    assert outcome.status == 1
    assert "3 networks in 4 files" in outcome.out
    assert outcome.err == "error: table.csv cannot be written: No space left on device.\n"


def test_what_is_asked_wrongly_is_refused(cli: Cli, folder: Path, tmp_path: Path) -> None:
    cli("class").assert_refused(2, "Missing argument")
    cli("class", tmp_path / "nowhere").assert_refused(2, "nowhere cannot be read: No such file or directory")
    cli("class", folder, "--claims", tmp_path / "none.csv").assert_refused(2, "none.csv cannot be read")
    cli("class", folder, "--csv", tmp_path / "no" / "a.csv").assert_refused(2, "there is no folder")
    cli("class", folder, "--min-field", 0).assert_refused(2, "--min-field", "x>=1")
    (tmp_path / "claims.csv").write_text("mark\n1\n")
    cli("class", folder, "--claims", tmp_path / "claims.csv").assert_refused(2, "has no column file or author")
