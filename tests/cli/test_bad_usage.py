"""What a person asks wrongly: exit status 2, one sentence, and no trace of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import torch

from cifar_core.runs import RunStore
from tests.cli.helpers import ON_DIGITS, Cli
from tests.tiny import tiny_architecture


@pytest.fixture(autouse=True)
def _no_run_is_left(own_store: Path) -> Iterator[None]:
    yield
    assert RunStore().count_runs() == 0
    assert [path for path in own_store.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", ["Missing command", "describe", "--help"]),
        ("data", ["Missing command", "fetch", "--help"]),
        ("trian", ["No such command 'trian'", "train"]),
        ("bench", ["Missing command", "architecture", "responsiveness"]),
        ("data grab", ["No such command 'grab'"]),
        ("--nonsense", ["--nonsense"]),
        ("runs --nonsense", ["--nonsense"]),
        ("runs --limit 0", ["--limit", "1<=x"]),
        ("runs --limit many", ["--limit", "many"]),
        ("runs extra", ["extra"]),
        ("show", ["RUN"]),
        ("show a b", ["b"]),
        ("resume", ["RUN"]),
        ("resume a b", ["b"]),
        ("resume a --epochs 3", ["--epochs"]),
        ("train --no-wait=yes", ["--no-wait"]),
        ("evaluate some --split train", ["--split", "test", "validation"]),
    ],
)
def test_an_impossible_command_line(cli: Cli, arguments: str, words: list[str]) -> None:
    cli(*arguments.split()).assert_refused(2, *words)


@pytest.mark.parametrize("command", ["describe", "train"])
class TestNamingANetwork:
    def test_neither_preset_nor_file(self, cli: Cli, command: str) -> None:
        cli(command).assert_refused(2, "--preset NAME", "FILE")

    def test_both_preset_and_file(self, cli: Cli, command: str, tiny_file: Path) -> None:
        cli(command, tiny_file, "--preset", "seed-model-3").assert_refused(2, "either")

    @pytest.mark.parametrize("name", ["seed-model-9", ""])
    def test_an_unknown_preset(self, cli: Cli, command: str, name: str) -> None:
        cli(command, "--preset", name).assert_refused(2, repr(name), "seed-model-3")

    def test_an_unknown_preset_is_answered_with_what_is_saved(self, cli: Cli, command: str) -> None:
        with closing(RunStore()) as store:
            store.architectures.save("my net", tiny_architecture())
        cli(command, "--preset", "mine").assert_refused(2, "'mine'", "seed-model-3", "'my net'")

    def test_an_unknown_preset_without_a_store(
        self, cli: Cli, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("not a folder")
        with monkeypatch.context() as changed:
            changed.setenv("CIFAR_LAB_RUNS", str(tmp_path / "file" / "runs"))
            cli(command, "--preset", "mine").assert_refused(2, "'mine'", "seed-model-3", "cannot be looked up")

    def test_a_missing_file(self, cli: Cli, command: str, tmp_path: Path) -> None:
        cli(command, tmp_path / "none.json").assert_refused(2, "none.json", "No such file")

    def test_a_folder(self, cli: Cli, command: str, tmp_path: Path) -> None:
        cli(command, tmp_path).assert_refused(2, str(tmp_path), "directory")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"\x89PNG\xff\x00\xfe", ["is not a text file"]),
            (b"", ["not JSON"]),
            (b"print('hello')", ["not JSON"]),
            (b'{"name": "half"', ["not JSON"]),
            (b"[" * 100_000, ["not JSON"]),
            (b"[]", ["[]"]),
            (b"null", ["null"]),
            (b"{}", ["head", "missing"]),
        ],
    )
    def test_a_file_that_holds_no_spec(
        self, cli: Cli, command: str, tmp_path: Path, content: bytes, words: list[str]
    ) -> None:
        file = tmp_path / "spec.json"
        file.write_bytes(content)
        cli(command, file).assert_refused(2, *words)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"colour": "red"}, ["no field colour"]),
            ({"schema_version": 99}, ["schema_version", "99"]),
            ({"nodes": [{"type": "conv", "out_channels": 8, "kernel_size": 0}]}, ["nodes[0]", "kernel_size", "0"]),
            ({"nodes": [{"type": "conv", "out_channels": 8, "kernl": 3}]}, ["nodes[0]", "kernl"]),
            ({"nodes": [{"type": "conv", "out_channels": 8, "kernel_size": 31, "dilation": 2}]}, ["nodes[0]", "32"]),
            ({"nodes": [{"type": "conv", "out_channels": 8, "groups": 2}]}, ["nodes[0]", "groups", "3"]),
            ({"nodes": [{"type": "transformer"}]}, ["nodes[0]", "transformer"]),
            ({"num_classes": 7}, ["num_classes", "7"]),
        ],
    )
    def test_a_spec_that_cannot_be(
        self, cli: Cli, command: str, tmp_path: Path, change: dict[str, object], words: list[str]
    ) -> None:
        file = tmp_path / "spec.json"
        file.write_text(json.dumps({**tiny_architecture().model_dump(mode="json"), **change}))
        cli(command, file).assert_refused(2, *words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--epochs -3", ["epochs", "-3"]),
        ("--epochs 0", ["epochs", "0"]),
        ("--epochs abc", ["--epochs", "abc"]),
        ("--epochs 1.5", ["--epochs", "1.5"]),
        ("--epochs 1000000", ["epochs", "1000000"]),
        ("--batch-size 1", ["batch_size", "1"]),
        ("--batch-size -64", ["batch_size", "-64"]),
        ("--seed -1", ["seed", "-1"]),
        ("--seed 99999999999999999999999", ["seed"]),
        ("--validation-images 0", ["validation_images", "0"]),
        ("--validation-images 5000", ["validation_images is 5000", "1,490"]),
        pytest.param(
            "--device cuda",
            ["cuda", "no GPU"],
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU"),
        ),
        ("--limit-train 1", ["limit_train", "1"]),
        ("--limit-test 0", ["limit_test", "0"]),
        ("--recipe slow", ["'slow'", "quick", "seed"]),
        ("--augmentation blur", ["'blur'", "assignment", "JSON file"]),
        ("--protocol exam", ["--protocol", "exam"]),
        ("--device tpu", ["--device", "tpu"]),
        ("--dataset mnist", ["--dataset", "mnist", "digits"]),
        (f"--name {'n' * 81}", ["name", "80"]),
    ],
)
def test_a_training_that_cannot_be(cli: Cli, tiny_file: Path, options: str, words: list[str]) -> None:
    cli("train", tiny_file, *ON_DIGITS, *options.split()).assert_refused(2, *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no json", ["AugmentationSpec", "not JSON"]),
        ('{"transforms": [{"type": "blur"}]}', ["transforms[0]", "blur"]),
        ('{"transforms": [{"type": "horizontal_flip", "p": 2}]}', ["transforms[0]", ".p is 2"]),
        ('{"transforms": [{"type": "horizontal_flip", "q": 1}]}', ["transforms[0]", "q"]),
    ],
)
def test_an_augmentation_file_that_holds_none(
    cli: Cli, tiny_file: Path, tmp_path: Path, content: str, words: list[str]
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(content)
    cli("train", tiny_file, *ON_DIGITS, "--augmentation", file).assert_refused(2, *words)


def test_json_in_place_of_an_augmentation_file(cli: Cli, tiny_file: Path) -> None:
    text = json.dumps({"name": "n" * 300})
    cli("train", tiny_file, *ON_DIGITS, "--augmentation", text).assert_refused(2, "JSON file")


def test_a_folder_in_place_of_an_augmentation_file(cli: Cli, tiny_file: Path, tmp_path: Path) -> None:
    cli("train", tiny_file, *ON_DIGITS, "--augmentation", tmp_path).assert_refused(2, "JSON file")


def test_a_network_that_does_not_fit_the_data_set(cli: Cli, tmp_path: Path) -> None:
    small = {"input": {"channels": 3, "size": 28}}
    file = tmp_path / "small.json"
    file.write_text(json.dumps({**tiny_architecture().model_dump(mode="json"), **small}))
    assert cli("describe", file).status == 0
    cli("train", file, *ON_DIGITS).assert_refused(2, "28 x 28", "32 x 32")


@pytest.mark.parametrize("run_id", ["20200101-000000-abcdef", "%", "../..", ""])
@pytest.mark.parametrize("command", ["show", "stop", "resume", "evaluate", "predict", "compare"])
def test_an_unknown_run(cli: Cli, command: str, run_id: str) -> None:
    more = {"predict": ["a.png"], "compare": ["another"]}.get(command, [])
    cli(command, run_id, *more).assert_refused(2, repr(run_id), "There is no run")


@pytest.mark.parametrize("command", ["runs", "show some"])
def test_a_store_that_is_no_database(cli: Cli, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    with monkeypatch.context() as patch:
        for url in ("garbage", "nosuch://host/name", "sqlite:garbage", "://"):
            patch.setenv("CIFAR_LAB_STORE", url)
            cli(*command.split()).assert_refused(2, "CIFAR_LAB_STORE", url)


def test_a_store_s_password_is_not_printed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("CIFAR_LAB_STORE", "nosuch://me:secret@host/name")
        outcome = cli("runs")
        outcome.assert_refused(2, "***")
        assert "secret" not in outcome.err
