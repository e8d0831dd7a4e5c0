from __future__ import annotations

import pytest

from cifar_core.classroom.claims import MAX_LINES, Claim, read_claims
from cifar_core.errors import SpecError


def only(cells: str, header: str = "file,params,receptive_field,accuracy") -> Claim:
    (claim,) = read_claims(f"{header}\n{cells}\n".encode()).claims
    return claim


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_read_in_any_order_and_by_any_spreadsheet_s_delimiter(delimiter: str) -> None:
    text = "\r\n".join(
        (delimiter.join(("Accuracy", "Author", "Receptive Field")), delimiter.join(("85.4", "Anna", "69")))
    )
    (claim,) = read_claims(text.encode("utf-8-sig")).claims
    assert (claim.line, claim.author, claim.file, claim.params, claim.receptive_field) == (2, "Anna", "", None, 69)
    assert claim.accuracy is not None
    assert claim.accuracy.share == 0.854


@pytest.mark.parametrize(
    ("cell", "share", "half_step"),
    [
        ("85.4", 0.854, 0.0005),
        ("0.854", 0.854, 0.0005),
        ("85.4 %", 0.854, 0.0005),
        ('"85,4%"', 0.854, 0.0005),
        ("85", 0.85, 0.005),
        ("1.00", 1.0, 0.005),
        ("1 %", 0.01, 0.005),
        ("100", 1.0, 0.005),
        ("0.00", 0.0, 0.005),
    ],
)
def test_an_accuracy_is_a_share_or_percent(cell: str, share: float, half_step: float) -> None:
    accuracy = only(f"a.json,,,{cell}").accuracy
    assert accuracy is not None
    assert accuracy.share == pytest.approx(share, abs=1e-12)
    assert accuracy.half_step == pytest.approx(half_step)


@pytest.mark.parametrize("cell", ["97264", '"97,264"', "97.264", "97 264", "97'264", "97264.0"])
def test_a_count_is_read_with_marks_between_thousands(cell: str) -> None:
    assert only(f"a.json,{cell},,").params == 97_264


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("a.json,many,69,", "line 2: params is 'many', and must be a whole number"),
        ("a.json,-5,69,", "params is '-5'"),
        ("a.json,9999999999999,69,", "params is '9999999999999'"),
        ("a.json,,69,101", "accuracy is '101', and must be a share such as 0.854 or 0.85, or percent"),
        ("a.json,,69,1", "accuracy is '1', and must be a share"),
        ("a.json,,69,0", "accuracy is '0', and must be a share"),
        ("a.json,,69,0.9", "accuracy is '0.9', and must be a share"),
        ("a.json,,69,nan", "accuracy is 'nan'"),
        ("a.json,,69,=1+1", "accuracy is '=1+1'"),
        (f"a.json,{'1' * 5000},69,", "params is '1111"),
    ],
)
def test_a_bad_value_is_told_and_the_others_count(cells: str, words: str) -> None:
    claim = only(cells)
    assert claim.receptive_field == 69
    (problem,) = claim.problems
    assert words in problem
    assert problem.endswith(".")
    assert len(problem) < 300


def test_what_is_not_known_is_left_empty() -> None:
    claim = only("a.json,-,?,")
    assert (claim.params, claim.receptive_field, claim.accuracy, claim.problems) == (None, None, None, ())


def test_lines_keep_their_numbers_over_empty_ones_and_columns_that_nobody_knows_are_told() -> None:
    claims = read_claims(b"file,mark\n\n,,\na.json,1\n")
    assert [claim.line for claim in claims.claims] == [4]
    assert claims.notes == (
        "claims.csv: not read are the columns 'mark'; known are file, author, params, receptive_field, accuracy.",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has no column file or author"),
        (b"params,accuracy\n1,2\n", "has no column file or author"),
        (b"file,params,params\n", "has the column params 2 times"),
        ("file\nZürich.txt\n".encode("latin-1"), "It is no text in UTF-8. Save it as CSV in UTF-8."),
        (b"file\n" + b"a\n" * (MAX_LINES + 1), "5,001 lines: 5,000 is the limit"),
        (b"file\n" + b"a" * 2**20, "1,048,576 is the limit of a claims file"),
        (b'file\n"' + b"a" * 200_000 + b'"\n', "claims.csv, line 2, is no CSV"),
    ],
    ids=["empty", "nobody", "twice", "wrong encoding", "many lines", "giant", "giant cell"],
)
def test_what_is_no_claims_file_is_refused_in_one_sentence(content: bytes, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        read_claims(content)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("line", ["a.json,97,264,69", "a.json,174594,69,85,4 %"])
def test_a_number_that_falls_apart_is_no_claim(line: str) -> None:
    text = f"file,params,receptive_field,accuracy\n{line},9\nb.json,97264,69,85.4\n"
    first, second = read_claims(text.encode()).claims
    assert (first.file, first.params, first.receptive_field, first.accuracy) == ("a.json", None, None, None)
    (problem,) = first.problems
    assert "a number with a comma in it needs quotation marks" in problem
    assert (second.params, second.problems) == (97_264, ())


def test_excel_may_say_its_separator() -> None:
    (claim,) = read_claims(b"sep=;\r\nfile;params;accuracy\r\na.json;97264;85,4\r\n").claims
    assert (claim.line, claim.params) == (3, 97_264)
    assert claim.accuracy is not None
    assert claim.accuracy.share == 0.854
