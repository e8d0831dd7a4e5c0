from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from cifar_core.classroom.submissions import Submission, read_submissions
from tests.classroom.handing_in import (
    PRESET_JSON,
    PRINTED,
    PRINTED_FIELD,
    PRINTED_PARAMS,
    class_folder,
    class_zip,
    member,
)
from tests.runs.package.conftest import Trained
from tests.tiny import run_python, tiny_network


def only(source: Path | bytes, name: str) -> Submission:
    return next(submission for submission in read_submissions(source) if submission.file == name)


def test_a_spec_a_print_and_a_package_are_counted_and_measured(
    completed: Trained, package: bytes, tmp_path: Path
) -> None:
    class_folder(tmp_path, anna_json=PRESET_JSON, ben__model_txt=PRINTED, carla_cifarrun=package)
    anna, ben, carla = read_submissions(tmp_path)
    assert (anna.kind, anna.author) == ("spec", "anna")
    assert anna.numbers is not None
    assert (anna.numbers.params, anna.numbers.receptive_field) == (97_264, 69)
    assert (ben.kind, ben.author) == ("print", "ben")
    assert ben.numbers is not None
    assert (ben.numbers.params, ben.numbers.receptive_field) == (PRINTED_PARAMS, PRINTED_FIELD)
    assert (carla.kind, carla.author) == ("package", "carla")
    assert carla.numbers is not None
    assert carla.numbers.params == sum(each.numel() for each in tiny_network().parameters())
    assert carla.run is not None
    assert carla.run.config.dataset == "digits"
    assert carla.run.test_accuracy is not None


def test_a_folder_and_its_zip_are_the_same_class(tmp_path: Path) -> None:
    class_folder(tmp_path, honest_json=PRESET_JSON, ben__model_txt=PRINTED)
    assert read_submissions(tmp_path) == read_submissions(class_zip(member("ben/model.txt", PRINTED.encode())))


def test_a_folder_around_the_class_and_what_systems_add_do_not_count() -> None:
    content = class_zip(
        member("ben/model.txt", PRINTED.encode()),
        member("__MACOSX/ben/._model.txt"),
        member(".DS_Store"),
        member("ben/Thumbs.db"),
    )
    assert [each.file for each in read_submissions(content)] == ["ben/model.txt", "honest.json"]
    assert [(each.file, each.author) for each in read_submissions(_wrapped("2026/autumn", content))] == [
        ("ben/model.txt", "ben"),
        ("honest.json", "honest"),
    ]


def _wrapped(folder: str, content: bytes) -> bytes:
    from tests.runs.package.building import members_of, zipped

    return zipped((f"{folder}/{name}", inside) for name, inside in members_of(content).items())


@pytest.mark.parametrize(
    "encoded",
    [codecs.BOM_UTF8 + PRINTED.encode(), codecs.BOM_UTF16_LE + PRINTED.encode("utf-16-le"), PRINTED.encode("utf-16")],
    ids=["marked", "PowerShell", "UTF-16"],
)
def test_text_is_read_as_windows_saves_it(encoded: bytes) -> None:
    found = only(class_zip(member("ben.txt", encoded)), "ben.txt")
    assert found.numbers is not None
    assert found.numbers.params == PRINTED_PARAMS


def test_what_hides_in_forward_is_told_with_what_the_student_can_do() -> None:
    text = PRINTED.replace("(conv2)", "(shortcut)")
    found = only(class_zip(member("ben.txt", text.encode())), "ben.txt")
    assert "forward adds it to another path" in found.problem
    assert "`python -m cifar_core import FILE.py:ClassName --output SPEC.json`" in found.problem


def test_an_error_that_nobody_thought_of_takes_one_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("cifar_core.classroom.submissions.parse_printed", broken)
    content = class_zip(member("ben.txt", PRINTED.encode()))
    assert only(content, "ben.txt").problem == "It cannot be judged: ZeroDivisionError: by zero."
    assert not only(content, "honest.json").problem


def test_a_class_is_judged_without_torch(package: bytes, tmp_path: Path) -> None:
    class_folder(tmp_path, anna_json=PRESET_JSON, ben__model_txt=PRINTED, carla_cifarrun=package)
    script = f"""
import sys
from pathlib import Path
from cifar_core.classroom.judging import judge_class
from cifar_core.classroom.submissions import read_submissions
print(len(judge_class(read_submissions(Path({str(tmp_path)!r}))).rows), "torch" in sys.modules)
"""
    assert run_python(script).stdout.split() == ["3", "False"]
