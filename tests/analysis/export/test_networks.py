"""Networks in the formats of other tools, tried by these tools and not by what wrote them."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import safetensors
import torch

from cifar_core.analysis.export import onnx_file, safetensors_file, subject, torch_file
from cifar_core.analysis.export.formats import FORMATS, export_run
from cifar_core.analysis.export.subject import TOLERANCE, ExportSubject, load_subject
from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.build import build_seeded
from cifar_core.errors import DataError, ExportError, SpecError
from cifar_core.runs import Run, RunStore
from cifar_core.runs.evaluation import TrainedNetwork
from cifar_core.runs.package.pack import pack
from cifar_core.runs.package.unpack import unpack
from tests.architecture.test_codegen import RESIDUAL

NETWORKS = ("torch", "onnx", "safetensors")
ODD = ArchitectureSpec.parse(
    {
        "nodes": [
            {"out_channels": 6, "kernel_size": 3, "padding": "same"},
            {"out_channels": 6, "padding": 2, "padding_mode": "reflect", "stride": 2},
            {"out_channels": 6, "padding": 1, "padding_mode": "replicate", "dilation": 2,
             "steps": [{"step": "conv"}, {"step": "activation", "kind": "hardswish"}, {"step": "dropout"}]},
        ],
        "head": [{"type": "pool", "kind": "adaptive_max"}, {"type": "flatten"}, {"type": "linear", "out_features": 10}],
    }
)  # fmt: skip
"""What PyTorch's exporter has to take apart."""


def probabilities(store: RunStore, run: Run, count: int) -> np.ndarray:
    """Of the first test images, by the way that the Predict page goes."""
    images = subject._images(run)[0][:count]
    return TrainedNetwork(store, run, "cpu").probabilities(torch.from_numpy(images)).numpy()


def softmax(logits: np.ndarray) -> np.ndarray:
    return torch.from_numpy(logits).softmax(dim=1).numpy()


def with_network(subject: ExportSubject, spec: ArchitectureSpec) -> ExportSubject:
    """The same run, as if it had trained another network; its normalisation is computed here."""
    network = build_seeded(spec, 0).eval()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (subject.info.mean, subject.info.std))
    with torch.no_grad():
        logits = network((subject.scaled - mean) / std).numpy()
    run = replace(subject.run, config=subject.run.config.changed(architecture=spec))
    return replace(subject, run=run, network=network, logits=logits)


# safetensors


def test_a_safetensors_file_tells_the_spec_that_its_weights_fit(store: RunStore, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.safetensors"
    file.write_bytes(export_run(store, run, "safetensors").content)
    with safetensors.safe_open(file, framework="pt") as opened:
        told, state = opened.metadata(), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    assert ArchitectureSpec.parse(told["spec"]) == run.config.architecture
    assert (told["run"], told["name"], told["dataset"]) == (run.id, "näme", "digits")
    assert told["epoch"] == str(run.chosen_epoch)
    assert float(told["test_accuracy"]) == run.test_accuracy
    kept = TrainedNetwork(store, run, "cpu").network.state_dict()
    assert state.keys() == kept.keys()
    assert all(torch.equal(state[name], kept[name]) for name in kept)


# PyTorch

FRESH = """
import sys
import torch

loaded = set(sys.modules)
folder, images, answers = sys.argv[1:]
sys.path.insert(0, folder)
import network

net = network.load_network()
assert not net.training
torch.save(network.logits(net, torch.load(images)), answers)
print(sorted(name for name in set(sys.modules) - loaded if "." not in name))
"""


def test_the_pytorch_source_runs_in_a_fresh_process_with_torch_alone(store: RunStore, run: Run, tmp_path: Path) -> None:
    zipfile.ZipFile(BytesIO(export_run(store, run, "torch").content)).extractall(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["network.py", "weights.pt"]
    images, _ = subject._images(run)
    torch.save(torch.from_numpy(images[:9]).permute(0, 3, 1, 2) / 255, tmp_path / "images")
    command = [sys.executable, "-I", "-c", FRESH, *(str(tmp_path / name) for name in ("", "images", "answers"))]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "['network']\n", done.stderr
    logits = torch.load(tmp_path / "answers").numpy()
    np.testing.assert_allclose(softmax(logits), probabilities(store, run, 9), atol=1e-5)


def test_the_pytorch_source_is_a_program_that_needs_nothing_but_torch(subject: ExportSubject, tmp_path: Path) -> None:
    zipfile.ZipFile(BytesIO(torch_file.torch_zip(subject)[0])).extractall(tmp_path)
    source = (tmp_path / "network.py").read_text()
    imported = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    assert imported == {"collections", "pathlib", "torch"}
    assert f"run {subject.run.id} on Handwritten digits" in (ast.get_docstring(ast.parse(source)) or "")
    done = subprocess.run(
        [sys.executable, "-I", tmp_path / "network.py"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.startswith(f"{subject.run.num_params:,} parameters\n")


def test_a_name_that_looks_like_source_stays_a_name(subject: ExportSubject) -> None:
    spec = subject.spec.changed(name='{x} """; import os')
    torch_file.torch_zip(with_network(subject, spec))


# ONNX


def test_an_onnx_file_answers_in_batches_of_1_and_7(store: RunStore, run: Run) -> None:
    export = export_run(store, run, "onnx")
    session = onnxruntime.InferenceSession(export.content, providers=["CPUExecutionProvider"])
    (given,), (answered,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape, given.type) == ("images", ["batch", 3, 32, 32], "tensor(float)")
    assert (answered.name, answered.shape) == ("logits", ["batch", 10])
    images = subject._images(run)[0][:7].transpose(0, 3, 1, 2).astype(np.float32) / 255
    expected = probabilities(store, run, 7)
    for part in (images, images[:1]):
        (logits,) = session.run(None, {"images": part})
        np.testing.assert_allclose(softmax(logits), expected[: len(part)], atol=1e-5)
    assert export.checked is not None
    assert export.checked.largest_difference <= TOLERANCE


def test_an_onnx_file_is_valid_and_tells_its_opset_and_its_run_but_not_where_it_was_made(
    subject: ExportSubject,
) -> None:
    content, _ = onnx_file.onnx_file(subject)
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model, full_check=True)
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", onnx_file.OPSET)]
    told = {entry.key: entry.value for entry in model.metadata_props}
    assert told == subject.facts()
    assert ArchitectureSpec.parse(told["spec"]) == subject.spec
    for trace in (b".py", b"site-packages", str(Path.home()).encode() + b"/"):
        assert trace not in content


@pytest.mark.parametrize("spec", [RESIDUAL, ODD], ids=["branches, gates, norms", "paddings, maximum"])
def test_networks_of_every_kind_leave_in_every_format(subject: ExportSubject, spec: ArchitectureSpec) -> None:
    other = with_network(subject, spec)
    for write in (safetensors_file.safetensors_file, torch_file.torch_zip, onnx_file.onnx_file):
        assert write(other)[1].largest_difference <= TOLERANCE


# The check


def spoil_source(patch: pytest.MonkeyPatch) -> None:
    real = torch_file.trained_source
    patch.setattr(torch_file, "trained_source", lambda subject: real(subject).replace("nn.ReLU()", "nn.Identity()"))


def spoil_graph(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(onnx_file._Normalised, "forward", lambda model, images: model.network(images))


def spoil_metadata(patch: pytest.MonkeyPatch) -> None:
    real = ExportSubject.facts
    patch.setattr(ExportSubject, "facts", lambda subject: {**real(subject), "std": "[0.35, 0.35, 0.36]"})


@pytest.mark.parametrize(
    ("kind", "spoil", "what"),
    [
        ("torch", spoil_source, "PyTorch source"),
        ("onnx", spoil_graph, "ONNX file"),
        ("safetensors", spoil_metadata, "safetensors file"),
    ],
)
def test_a_file_with_other_outputs_is_refused(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str, spoil: object, what: str
) -> None:
    assert callable(spoil)
    spoil(monkeypatch)
    with pytest.raises(
        ExportError, match=rf"^The {what} of run {run.id} is refused: on 64 test images of Handwritten "
    ):
        export_run(store, run, kind)


@pytest.mark.parametrize("kind", ["torch", "onnx"])
def test_a_file_that_does_not_even_run_is_refused_in_a_sentence(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such\noperator")

    for module in (torch_file, onnx_file):
        monkeypatch.setattr(module, "_answers", fail)
    with pytest.raises(ExportError, match=r"RuntimeError: no such operator\.$"):
        export_run(store, run, kind)


@pytest.mark.parametrize(("shift", "is_refused"), [(9e-5, False), (1.1e-4, True), (np.nan, True), (np.inf, True)])
def test_a_ten_thousandth_is_allowed(subject: ExportSubject, shift: float, is_refused: bool) -> None:
    answers = subject.logits.astype(np.float64)
    answers[-1, -1] += shift
    if is_refused:
        with pytest.raises(ExportError, match=r"and 0\.0001 is allowed"):
            subject.check(answers, "ONNX file")
    else:
        assert subject.check(answers, "ONNX file").largest_difference == pytest.approx(shift)
    with pytest.raises(ExportError, match="it answers 63 x 10 numbers, not 64 x 10"):
        subject.check(answers[1:], "ONNX file")


def test_without_its_data_set_a_network_is_checked_on_random_images(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise DataError(f"{name} is missing.")

    monkeypatch.setattr(subject, "shared_dataset", missing)
    loaded = load_subject(store, run)
    assert loaded.images == "64 random images"
    assert np.ptp(loaded.scaled.numpy()) > 0.9
    assert torch_file.torch_zip(loaded)[1].images == "64 random images"


# Runs


def test_a_run_that_came_in_a_package_leaves_too(store: RunStore, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.cifarrun"
    file.write_bytes(export_run(store, run, "package").content)
    assert file.read_bytes() == pack(store, run)
    elsewhere = RunStore(folder=tmp_path / "elsewhere")
    unpacked = unpack(elsewhere, file)
    assert export_run(elsewhere, unpacked, "torch").checked is not None
    elsewhere.close()


@pytest.mark.parametrize("kind", list(FORMATS))
def test_a_run_without_an_epoch_is_refused_in_every_format(tmp_path: Path, kind: str, run: Run) -> None:
    store = RunStore(folder=tmp_path)
    queued = store.enqueue(run.config)
    with pytest.raises(SpecError, match=rf"^Run {queued.id} (is queued: .* once it is over|has no finished epoch)"):
        export_run(store, queued, kind)
    store.request_stop(queued.id)
    with pytest.raises(SpecError, match=rf"^Run {queued.id} has no finished epoch"):
        export_run(store, store.get(queued.id), kind)
    store.close()


@pytest.mark.parametrize("kind", ["onnx", "tensorboard"])
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for name in FORMATS[kind].packages:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ExportError, match=r"^\w+ needs .*: `pip install -r requirements-export\.txt` installs it\.$"):
        export_run(store, run, kind)


def test_a_broken_package_is_a_sentence(store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard.summary.writer.record_writer", None)
    with pytest.raises(
        ExportError, match=rf"^Run {run.id} cannot be exported to TensorBoard: .* installs what it needs"
    ):
        export_run(store, run, "tensorboard")
