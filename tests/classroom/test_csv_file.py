from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from cifar_core.classroom.claims import read_claims
from cifar_core.classroom.csv_file import FORMULA_SIGNS, class_csv
from cifar_core.classroom.judging import judge_class
from cifar_core.classroom.submissions import Submission, read_submissions
from tests.classroom.handing_in import PRESET_JSON, PRINTED, class_folder, class_zip, member


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\uff1d"])
def test_a_name_that_a_spreadsheet_would_run_gets_an_apostrophe(sign: str) -> None:
    author = f"{sign}cmd|' /C calc'!A0"
    claims = read_claims(f'file,author\nhonest.json,"{author}"\n'.encode())
    (line,) = lines(class_csv(judge_class(read_submissions(class_zip()), claims)))
    # A tab is cut off around a cell, so that what is behind it begins it.
    assert line["author"] == (f"'{author}" if sign != "\t" else author.strip())


def test_file_and_network_names_are_harmless_too() -> None:
    spec = PRESET_JSON.replace('"seed-model-3"', '"@SUM(A1)"', 1).encode()
    content = class_zip(member("=1+1.json", spec), member("-x/@y.docx"))
    first, second, _ = lines(class_csv(judge_class(read_submissions(content))))
    assert (first["file"], first["author"]) == ("'-x/@y.docx", "'-x")
    assert (second["file"], second["author"], second["network"]) == ("'=1+1.json", "'=1+1", "'@SUM(A1)")


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    class_folder(tmp_path, anna_json=PRESET_JSON, ben_txt=PRINTED)
    claims = read_claims(b"file,params,receptive_field,accuracy\nanna.json,97264,125,85.4\n")
    anna, ben = lines(class_csv(judge_class(read_submissions(tmp_path), claims)))
    assert (anna["params"], anna["params_claimed"], anna["params_claim"]) == ("97264", "97264", "right")
    assert (anna["receptive_field"], anna["field_claimed"], anna["field_claim"]) == ("69", "125", "wrong")
    assert (float(anna["accuracy_claimed"]), anna["accuracy_claim"], anna["rules_met"]) == (0.854, "", "yes")
    assert ben["field_margin"] == "-36"
    assert ben["rules_met"] == "no"
    assert "Receptive field" in ben["rules_not_met"]


def test_a_bad_file_keeps_its_line() -> None:
    (bad, honest) = lines(class_csv(judge_class(read_submissions(class_zip(member("a.py"))))))
    assert bad["problem"].startswith("A .py file may run code")
    assert {value for key, value in bad.items() if key not in ("file", "author", "problem")} == {""}
    assert honest["problem"] == ""


@pytest.mark.parametrize("name", ["x;=1+1;y.json", "n; @SUM(1).json", 'q;"=1".json', "p|+1.json"])
def test_a_formula_in_the_middle_is_none_with_another_separator_either(name: str) -> None:
    text = class_csv(judge_class((Submission(name, "x", "unread", problem="No."),)))
    for delimiter in (",", ";", "|", "\t"):
        cells = [cell for row in csv.reader(StringIO(text), delimiter=delimiter) for cell in row]
        assert not [cell for cell in cells if cell.lstrip(' "').startswith(FORMULA_SIGNS)]
