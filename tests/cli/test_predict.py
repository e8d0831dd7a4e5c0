from __future__ import annotations

import os
import struct
import zlib
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import torch
from PIL import Image

from cifar_core.cli.commands import run_command_line
from cifar_core.data import dataset_info, find_augmentation, load_dataset
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline
from cifar_core.runs import Run, RunFiles, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from tests.cli.helpers import Cli, write_image


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_gets_every_class_with_its_probability(cli: Cli, completed: Run, tmp_path: Path, name: str) -> None:
    file = write_image(tmp_path / name)
    (output,) = cli("predict", completed.id, file, "--json").data
    shares = [entry["probability"] for entry in output["probabilities"]]
    assert output["image"] == str(file)
    assert output["predicted"] == output["probabilities"][0]["name"]
    assert {entry["name"] for entry in output["probabilities"]} == set(dataset_info("digits").class_names)
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1, abs=1e-5)


def test_several_pictures_come_back_in_their_order(cli: Cli, completed: Run, tmp_path: Path) -> None:
    files = [write_image(tmp_path / f"{color}.png", color) for color in ("white", "black", "green")]
    together = cli("predict", completed.id, *files, "--json").data
    alone = [cli("predict", completed.id, file, "--json").data[0] for file in files]
    assert [output["image"] for output in together] == [str(file) for file in files]
    for one, other in zip(together, alone, strict=True):
        assert one["predicted"] == other["predicted"]
        assert one["probabilities"][0]["probability"] == pytest.approx(other["probabilities"][0]["probability"])


def test_an_image_of_the_set_gets_what_the_evaluation_stored(cli: Cli, completed: Run, tmp_path: Path) -> None:
    stored = RunFiles(RunStore().run_folder(completed.id)).load_predictions("test")
    assert stored is not None
    Image.fromarray(load_dataset("digits").test.images[5]).save(tmp_path / "five.png")
    (output,) = cli("predict", completed.id, tmp_path / "five.png", "--json").data
    shares = {entry["name"]: entry["probability"] for entry in output["probabilities"]}
    assert [shares[str(digit)] for digit in range(10)] == pytest.approx(stored.probabilities[5].tolist(), abs=1e-5)


def test_as_text_it_shows_the_likeliest_three(cli: Cli, completed: Run, tmp_path: Path) -> None:
    file = write_image(tmp_path / "a.png")
    outcome = cli("predict", completed.id, file)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"{file}: ")
    assert outcome.out.count(" %") == 3


def test_stability_is_the_share_of_draws_with_the_same_answer(cli: Cli, completed: Run, tmp_path: Path) -> None:
    dataset = load_dataset("digits")
    files = [tmp_path / f"{number}.png" for number in range(3)]
    for number, file in enumerate(files):
        Image.fromarray(dataset.test.images[number]).save(file)
    network = TrainedNetwork(RunStore(), completed)
    spec = find_augmentation("assignment").spec
    pipeline = AlbumentationsPipeline(spec, dataset.mean)
    outputs = cli("predict", completed.id, *files, "--augmentations", 20, "--json").data
    told = cli("predict", completed.id, *files, "--augmentations", 20).out.splitlines()
    for number, (output, line) in enumerate(zip(outputs, told, strict=True)):
        drawn = pipeline(dataset.test.images[number][None].repeat(20, axis=0), 0)
        answers = network.probabilities(torch.from_numpy(drawn)).argmax(dim=1)
        same = sum(dataset.class_names[answer] == output["predicted"] for answer in answers.tolist())
        assert (output["augmented"], output["stability"]) == (20, pytest.approx(same / 20))
        assert line.endswith(f"; {same} of 20 augmented draws the same answer")


def test_without_augmentations_there_is_no_stability(cli: Cli, completed: Run, tmp_path: Path) -> None:
    (output,) = cli("predict", completed.id, write_image(tmp_path / "a.png"), "--json").data
    assert (output["augmented"], output["stability"]) == (0, None)


@pytest.mark.parametrize("number", ["-1", "1001", "many"])
def test_an_impossible_number_of_augmentations(cli: Cli, completed: Run, tmp_path: Path, number: str) -> None:
    file = write_image(tmp_path / "a.png")
    cli("predict", completed.id, file, "--augmentations", number).assert_refused(2, "--augmentations", number)


def test_a_stopped_run_predicts_too(cli: Cli, stopped: Run, tmp_path: Path) -> None:
    assert cli("predict", stopped.id, write_image(tmp_path / "a.png")).status == 0


def test_a_file_name_that_is_no_text_can_be_printed(
    completed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.png"))
    write_image(tmp_path / "a.png").rename(file)
    printed = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(printed, encoding="utf-8", errors="strict"))
    assert run_command_line(["predict", completed.id, str(file)]) == 0
    assert "\ufffd.png: " in printed.getvalue().decode()


def test_without_an_image_it_is_asked_wrongly(cli: Cli, completed: Run) -> None:
    cli("predict", completed.id).assert_refused(2, "IMAGE")


def test_a_missing_image_is_named(cli: Cli, completed: Run, tmp_path: Path) -> None:
    there, missing = write_image(tmp_path / "a.png"), tmp_path / "b.png"
    cli("predict", completed.id, there, missing).assert_refused(1, str(missing), "No such file")


def test_a_folder_is_no_image(cli: Cli, completed: Run, tmp_path: Path) -> None:
    cli("predict", completed.id, tmp_path).assert_refused(1, str(tmp_path), "directory")


def test_what_is_no_picture_is_refused(cli: Cli, completed: Run, tmp_path: Path) -> None:
    for name, content in (("text.png", b"not a picture"), ("empty.png", b""), ("spec.json", b"{}")):
        (tmp_path / name).write_bytes(content)
        cli("predict", completed.id, tmp_path / name).assert_refused(1, name, "PNG, JPEG or WebP")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_cut_short_is_refused(cli: Cli, completed: Run, tmp_path: Path, name: str) -> None:
    file = write_image(tmp_path / name, size=(300, 200))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    cli("predict", completed.id, file).assert_refused(1, name)


def test_a_huge_picture_is_refused_before_it_is_decoded(cli: Cli, completed: Run, tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    file.write_bytes(_png_of_zeros(30_000))
    cli("predict", completed.id, file).assert_refused(1, "huge.png is too large", "10,000 pixels")


def test_a_run_without_a_checkpoint_says_so(cli: Cli, queued: Run, tmp_path: Path) -> None:
    cli("predict", queued.id, write_image(tmp_path / "a.png")).assert_refused(1, "has no finished epoch")


def _png_of_zeros(side: int) -> bytes:
    """A valid grey PNG whose rows are packed into next to nothing."""
    rows = zlib.compressobj(1)
    packed = b"".join(rows.compress(bytes(side + 1)) for _ in range(side // 100)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
