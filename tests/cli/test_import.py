"""Networks that people bring along: `import`, and `describe` of their files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cifar_core.architecture import ArchitectureSpec, find_preset
from tests.cli.helpers import Cli, run_process
from tests.cli.test_schemas import check
from tests.tiny import PROJECT

MODEL = """
import torch.nn as nn
from widths import WIDTH

print("a word of its own")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.fc = nn.Linear(WIDTH, 10)
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        x = self.conv1(x).relu()
        return self.fc(self.conv2(x).mean([2, 3]))

class Odd(Net):
    def forward(self, x):
        return self.fc((self.conv1(x).tanh() * 2).cumsum(1).mean([2, 3]))

class Wide(Net):
    def __init__(self, width):
        super().__init__()
"""
SEED = (PROJECT / "tests" / "architecture" / "importing" / "seed_model_3.txt").read_text()


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "widths.py").write_text("WIDTH = 12\n")
    file = tmp_path / "model.py"
    file.write_text(MODEL)
    yield file
    sys.modules.pop("widths", None)


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    file = tmp_path / "printed.txt"
    file.write_text(SEED)
    return file


def params_of_net() -> int:
    return (3 * 9 + 1) * 12 + (12 * 9 + 1) * 12 + 13 * 10


def test_describe_reads_a_persons_own_module(cli: Cli, model: Path) -> None:
    outcome = cli("describe", f"{model}:Net", "--json")
    assert outcome.status == 0
    check("describe", outcome.data)
    assert outcome.data["params"] == params_of_net()
    assert outcome.data["receptive_field"] == 5
    lines = outcome.err.splitlines()
    assert lines[0] == "a word of its own"
    assert any(line.startswith("note: layer unused (Linear)") for line in lines)


def test_import_writes_a_spec_that_describe_reads(cli: Cli, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "spec.json"
    output.write_text("something old")
    outcome = cli("import", f"{model}:Net", "--output", output, "--json")
    check("import", outcome.data)
    assert outcome.data == {"name": "Net", "params": params_of_net(), "receptive_field": 5, "file": str(output)}
    assert cli("describe", output, "--json").data == cli("describe", f"{model}:Net", "--json").data
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".spec")]


def test_import_tells_in_words_what_it_wrote(cli: Cli, model: Path, tmp_path: Path) -> None:
    outcome = cli("import", f"{model}:Net", "--output", tmp_path / "spec.json")
    assert outcome.out == f"{tmp_path}/spec.json holds Net: {params_of_net():,} parameters, receptive field 5.\n"


def test_printed_text_is_described_and_imported(cli: Cli, printed: Path, tmp_path: Path) -> None:
    outcome = cli("describe", printed, "--json")
    expected = cli("describe", "--preset", "seed-model-3", "--json").data
    assert outcome.data["layers"] == expected["layers"]
    assert outcome.data["rules"] == expected["rules"]
    assert all(line.startswith("note: ") for line in outcome.err.splitlines())
    assert "--answer blocks=names|strides|none" in outcome.err
    assert cli("import", printed, "--output", tmp_path / "spec.json").status == 0
    spec = ArchitectureSpec.parse((tmp_path / "spec.json").read_text())
    assert spec.layers == find_preset("seed-model-3").spec.layers


@pytest.mark.parametrize("file", ["model.py:Net", "printed.txt"])
@pytest.mark.usefixtures("model", "printed")
def test_answers_are_taken(cli: Cli, tmp_path: Path, file: str) -> None:
    outcome = cli("describe", tmp_path / file, "--answer", "blocks=none", "--json")
    assert {layer["block"] for layer in outcome.data["layers"]} <= {"", "head"}
    cli("describe", tmp_path / file, "--answer", "blocks=rainbow").assert_refused(2, "rainbow", "strides")


def test_many_problems_are_told_line_by_line(cli: Cli, model: Path, tmp_path: Path) -> None:
    outcome = cli("import", f"{model}:Odd", "--output", tmp_path / "spec.json")
    lines = [line for line in outcome.err.splitlines() if not line.startswith(("note: ", "a word"))]
    assert outcome.status == 2
    assert [line.partition(":")[0] for line in lines] == ["problem"] * 3 + ["error"]
    assert lines[-1].endswith("for the 3 problems told above.")
    assert outcome.out == ""
    assert not (tmp_path / "spec.json").exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("model.py:Nothing", ["no class 'Nothing'", "Net, Odd, Wide"]),
        ("model.py:WIDTH", ["no class 'WIDTH'"]),
        ("model.py", ["names no class", "Net, Odd, Wide"]),
        ("model.py:", ["names no class"]),
        ("none.py:Net", ["cannot be read", "No such file"]),
        ("model.py:Wide", ["without arguments", "width"]),
        ("broken.py:Net", ["no valid Python", "line 2"]),
        ("raising.py:Net", ["cannot be imported", "ValueError: too early"]),
        ("leaving.py:Net", ["cannot be imported", "SystemExit"]),
        ("binary.py:Net", ["binary.py"]),
        ("lost.py:Net", ["cannot be imported", "no_such_package"]),
        ("empty.txt", ["no printed network"]),
        ("binary.txt", ["not a text file"]),
        ("none.txt", ["cannot be read"]),
    ],
)
@pytest.mark.parametrize("command", ["describe", "import"])
def test_what_cannot_be_brought_along_is_one_sentence(
    cli: Cli, model: Path, tmp_path: Path, command: str, file: str, words: list[str]
) -> None:
    (tmp_path / "broken.py").write_text("x = 1\nclass Net(:\n")
    (tmp_path / "raising.py").write_text("raise ValueError('too early\\nand more')")
    (tmp_path / "leaving.py").write_text("raise SystemExit('bye')")
    (tmp_path / "binary.py").write_bytes(b"\xff\x00\x80")
    (tmp_path / "lost.py").write_text("import no_such_package")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "binary.txt").write_bytes(b"\xff\x00\x80")
    output = [] if command == "describe" else ["--output", tmp_path / "spec.json"]
    outcome = cli(command, tmp_path / file, *output)
    lines = [line for line in outcome.err.splitlines() if line != "a word of its own"]
    assert (outcome.status, outcome.out) == (2, "")
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    for word in words:
        assert word in lines[0], lines
    assert not (tmp_path / "spec.json").exists()


def test_neither_code_nor_printed_text(cli: Cli, tiny_file: Path, tmp_path: Path) -> None:
    cli("import", tiny_file, "--output", tmp_path / "x.json").assert_refused(2, "FILE.py:ClassName", "FILE.txt")


def test_a_folder_that_does_not_exist(cli: Cli, printed: Path, tmp_path: Path) -> None:
    cli("import", printed, "--output", tmp_path / "no" / "x.json").assert_refused(2, "--output", "no folder")


def test_output_must_be_named(cli: Cli, printed: Path) -> None:
    cli("import", printed).assert_refused(2, "--output")


@pytest.mark.parametrize("file", ["model.py:Net", "printed.txt"])
def test_other_commands_say_that_import_comes_first(cli: Cli, tmp_path: Path, file: str) -> None:
    cli("train", tmp_path / file).assert_refused(2, "no spec yet", "import", "--output SPEC.json")


def test_answers_without_a_question(cli: Cli, tiny_file: Path) -> None:
    cli("describe", tiny_file, "--answer", "blocks=none").assert_refused(2, "--answer", "no question")


@pytest.mark.parametrize("answer", ["blocks", "colour=red", "=", ""])
def test_an_answer_that_is_none(cli: Cli, printed: Path, answer: str) -> None:
    cli("describe", printed, "--answer", answer).assert_refused(2, "KEY=VALUE", "blocks")


def test_the_persons_folder_is_on_the_path_only_while_it_is_needed(cli: Cli, model: Path) -> None:
    before = list(sys.path)
    cli("describe", f"{model}:Net")
    assert sys.path == before


def test_stdout_stays_json_in_a_process_of_its_own(model: Path) -> None:
    outcome = run_process("describe", f"{model}:Net", "--json")
    assert json.loads(outcome.out)["params"] == params_of_net()
    assert outcome.err.startswith("a word of its own\n")
