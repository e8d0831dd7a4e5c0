from __future__ import annotations

from pathlib import Path

import pytest

from cifar_core.analysis.run_rules import RunLimits
from cifar_core.architecture import RuleLimits, find_preset
from cifar_core.classroom.claims import read_claims
from cifar_core.classroom.judging import _letter, judge_class
from cifar_core.classroom.submissions import read_submissions
from cifar_core.classroom.table import ClassLimits, ClassRow, ClassTable
from cifar_core.classroom.telling import summary
from cifar_core.classroom.weights import Recomputed
from tests.classroom.handing_in import PRESET_JSON, PRINTED, PRINTED_FIELD, PRINTED_PARAMS, class_folder

ANNA = "anna.json"


@pytest.fixture
def folder(tmp_path: Path, package: bytes) -> Path:
    other = find_preset("seed-model-3").spec.changed(name="all my own work").to_json()
    return class_folder(
        tmp_path,
        anna_json=PRESET_JSON,
        ben__model_txt=PRINTED,
        carla_cifarrun=package,
        dora_py="raise SystemExit",
        emil_json=other,
    )


def judged(folder: Path, claims: str = "file\n", limits: ClassLimits | None = None) -> ClassTable:
    return judge_class(read_submissions(folder), read_claims(claims.encode()), limits)


def row(table: ClassTable, file: str = ANNA) -> ClassRow:
    (found,) = (row for row in table.rows if row.file == file)
    return found


def test_every_file_has_a_row_with_margins(folder: Path) -> None:
    table = judged(folder)
    assert [row.file for row in table.rows] == ["anna.json", "ben/model.txt", "carla.cifarrun", "dora.py", "emil.json"]
    anna, ben, dora = row(table), row(table, "ben/model.txt"), row(table, "dora.py")
    assert (anna.params, anna.params_margin) == (97_264, 199_999 - 97_264)
    assert (anna.receptive_field, anna.field_margin, anna.receptive_field_with_pooling) == (69, 69 - 45, 109)
    assert anna.passed is True
    assert (ben.params, ben.receptive_field, ben.field_margin) == (PRINTED_PARAMS, PRINTED_FIELD, PRINTED_FIELD - 45)
    assert ben.passed is False
    assert {"Receptive field", "Blocks", "Dilated", "Depthwise-separable"} <= set(ben.failed_rules)
    assert (dora.passed, dora.params, dora.rules, dora.failed_rules) == (None, None, (), ())
    assert dora.problem.startswith("A .py file may run code")


def test_limits_can_be_set(folder: Path) -> None:
    strict = ClassLimits(network=RuleLimits(receptive_field_above=69, params_below=97_264))
    anna = row(judged(folder, limits=strict))
    assert (anna.params_margin, anna.field_margin, anna.passed) == (-1, -1, False)
    assert anna.failed_rules == ("Parameters", "Receptive field")
    lenient = ClassLimits(network=RuleLimits(receptive_field_above=68, params_below=97_265))
    assert row(judged(folder, limits=lenient)).passed is True


@pytest.mark.parametrize(
    ("claim", "verdict"), [(69, "right"), (109, "with the pooling"), (125, "wrong"), (0, "wrong"), ("", None)]
)
def test_a_stated_field_is_right_counts_the_pooling_or_is_wrong(folder: Path, claim: object, verdict: str) -> None:
    anna = row(judged(folder, f"file,receptive_field\n{ANNA},{claim}\n"))
    assert anna.verdicts.receptive_field == verdict


def test_a_stated_count_is_right_or_wrong(folder: Path) -> None:
    assert row(judged(folder, f'file,params\n{ANNA},"97,264"\n')).verdicts.params == "right"
    assert row(judged(folder, f"file,params\n{ANNA},97265\n")).verdicts.params == "wrong"


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [("85.4", "right"), ("0.8543", "right"), ("85", "right"), ("85.37", "right"), ("85.5", "wrong"), ("84", "wrong")],
)
def test_a_stated_accuracy_is_right_to_the_places_written(folder: Path, claim: str, verdict: str) -> None:
    claims = read_claims(f"file,accuracy\ncarla.cifarrun,{claim}\nanna.json,{claim}\n".encode())
    found = {"carla.cifarrun": Recomputed(0.8542, 10_000)}
    table = judge_class(read_submissions(folder), claims, recomputed=found)
    assert row(table, "carla.cifarrun").verdicts.accuracy == verdict
    assert row(table).verdicts.accuracy is None, "nothing to compare with"


def test_a_recomputed_accuracy_takes_the_place_of_the_one_told(folder: Path) -> None:
    submissions = read_submissions(folder)
    told = row(judge_class(submissions), "carla.cifarrun")
    assert told.run is not None
    assert (told.accuracy, told.run.recomputed_accuracy) == (told.run.test_accuracy, None)
    anew = row(judge_class(submissions, recomputed={"carla.cifarrun": Recomputed(0.5, 64)}), "carla.cifarrun")
    assert anew.run is not None
    assert (anew.accuracy, anew.run.recomputed_images, anew.run.test_accuracy) == (0.5, 64, told.accuracy)
    failed = Recomputed(None, 0, "Not recomputed: CIFAR-10 is not here.")
    missing = row(judge_class(submissions, recomputed={"carla.cifarrun": failed}), "carla.cifarrun")
    assert (missing.accuracy, missing.notes[0]) == (told.accuracy, failed.problem)


def test_the_rules_of_a_run_are_judged_beside_its_network_s(folder: Path) -> None:
    run = row(judged(folder, limits=ClassLimits(run=RunLimits(accuracy_from=0.1))), "carla.cifarrun").run
    assert run is not None
    assert [rule.name for rule in run.rules] == ["horizontal_flip", "shift_scale_rotate", "coarse_dropout", "accuracy"]
    assert run.passed is False, "it has none of the three transforms"
    assert not run.rules[-1].judged, "accuracy is asked on CIFAR-10"


@pytest.mark.parametrize(
    "name", ["ben/model.txt", "BEN\\Model.txt", "model.txt", "class/ben/model.txt", "./ben/model.txt"]
)
def test_a_claim_finds_its_file_by_any_part_of_the_path(folder: Path, name: str) -> None:
    table = judged(folder, f"file,author\n{name},Ben Example\n")
    assert (row(table, "ben/model.txt").author, table.notes) == ("Ben Example", ())


def test_a_claim_finds_its_file_by_its_author(folder: Path) -> None:
    assert row(judged(folder, "author,params\nBEN,2146\n"), "ben/model.txt").verdicts.params == "right"


def test_claims_of_nobody_and_of_several_are_told_and_left_aside(folder: Path) -> None:
    class_folder(folder, fritz__model_txt=PRINTED)
    table = judged(folder, "file,author,params\nnobody.txt,,1\nmodel.txt,,2\nanna.json,,3\nanna.json,,4\n,,5\n")
    assert table.notes == (
        "Claims, line 2: 'nobody.txt' is none of the files here, so the line is left aside.",
        "Claims, line 3: 'model.txt' may be 2 of the files here, so the line is left aside.",
        "Claims, line 5: anna.json has line 4 already, so this one is left aside.",
        "Claims, line 6: '' is none of the files here, so the line is left aside.",
    )
    assert row(table).claimed.params == 3


def test_a_value_that_cannot_be_read_is_a_note_in_its_row(folder: Path) -> None:
    anna = row(judged(folder, "file,params,receptive_field\nanna.json,many,69\n"))
    assert "line 2: params is 'many'" in anna.notes[0]
    assert anna.verdicts.receptive_field == "right"


def test_identical_networks_are_grouped_with_authors_and_presets(folder: Path) -> None:
    table = judged(folder, "file,author\nemil.json,Emil Example\n")
    (group,) = table.identical
    assert (group.letter, group.files) == ("A", ("anna.json", "emil.json"))
    assert (group.authors, group.presets) == (("anna", "Emil Example"), ("seed-model-2", "seed-model-3"))
    assert {row.file: row.identical for row in table.rows if row.identical} == {"anna.json": "A", "emil.json": "A"}


def test_letters_go_on_behind_z() -> None:
    assert [_letter(number) for number in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


TWO_NAMES_FOUR_STRETCHES = """Net(
  (front): Sequential(
    (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
    (1): Conv2d(8, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
  )
  (back): Sequential(
    (0): Conv2d(8, 8, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1))
    (1): Conv2d(8, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
  )
  (pool): AdaptiveAvgPool2d(output_size=1)
  (fc): Linear(in_features=8, out_features=10, bias=True)
)"""


@pytest.mark.parametrize(
    ("blocks", "met", "cut"),
    [(2, True, "by the top-level names"), (4, True, "after every convolution with a stride above 1"), (3, False, "")],
)
def test_where_a_print_does_not_tell_where_blocks_end_the_way_that_meets_most_rules_is_taken(
    tmp_path: Path, blocks: int, met: bool, cut: str
) -> None:
    folder = class_folder(tmp_path, ben_txt=TWO_NAMES_FOUR_STRETCHES)
    ben = row(judged(folder, limits=ClassLimits(network=RuleLimits(blocks=blocks))), "ben.txt")
    assert ("Blocks" not in ben.failed_rules) == met
    assert ben.notes[0].startswith(f"The text does not tell where blocks end. They are cut {cut}")


def test_the_table_is_summed_up_in_sentences(folder: Path) -> None:
    table = judged(folder, "file,receptive_field,params\nanna.json,69,1\nemil.json,109,97264\nmodel.txt,45,\n")
    assert summary(table) == (
        "4 networks in 5 files: 2 meet the network rules, 2 do not, and 1 file could not be read.",
        "3 stated receptive fields: 1 right, 1 right only with the pooling window counted, 1 wrong.",
        "2 stated parameter counts: 1 right, 1 wrong.",
        "Same network A: the presets seed-model-2 and seed-model-3 and anna.json, emil.json (by anna, emil).",
    )
