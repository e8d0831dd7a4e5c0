from __future__ import annotations

from contextlib import closing
from pathlib import Path

import cv2
import pytest
import torch

from cifar_core.architecture import num_params
from cifar_core.architecture.build import build_network
from cifar_core.cli import bench_store
from cifar_core.cli.bench_architecture import deep_residual
from cifar_core.runs import RunState, RunStore
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check
from tests.tiny import run_python


def test_bench_architecture_prints_its_figures_with_the_machine(cli: Cli) -> None:
    data = cli("bench", "architecture", "--rounds", "1", "--json").data
    assert 0 < data["edit_p50_ms"] <= data["edit_p95_ms"]
    assert data["fit_p95_ms"] > 0
    assert data["edits"] > 100
    assert set(data["measured_on"]) == {"machine", "python", "version"}


def test_bench_as_text_names_the_budgets(cli: Cli) -> None:
    out = cli("bench", "architecture", "--rounds", "1").out
    assert "50 ms" in out
    assert "100 ms" in out
    assert "version" in out


def test_an_unknown_benchmark_is_refused(cli: Cli) -> None:
    cli("bench", "everything").assert_refused(2, "'everything'", "architecture")


def test_the_large_network_of_the_benchmark_is_what_it_says() -> None:
    spec = deep_residual()
    assert sum(not layer.is_join and not layer.is_pool for layer in spec.layers if not layer.in_head) == 40
    assert num_params(spec.layers) == sum(p.numel() for p in build_network(spec).parameters())


def test_the_benchmark_of_arithmetic_needs_no_torch() -> None:
    result = run_python(
        "import sys; from cifar_core.cli.bench_architecture import bench_architecture; bench_architecture(1);"
        "print('torch' in sys.modules)"
    )
    assert result.stdout.strip() == "False", result.stderr


@pytest.mark.usefixtures("no_cifar10")
def test_bench_augmentation_prints_both_engines_and_the_preview(cli: Cli) -> None:
    data = cli("bench", "augmentation", "--rounds", "1", "--preset", "seed-model-3", "--json").data
    check("bench augmentation", data)
    assert (data["preset"], data["threads"], data["batch_size"], data["dataset"]) == ("seed-model-3", 1, 128, "digits")
    assert data["ratio"] == data["batched_images_per_second"] / data["albumentations_images_per_second"]
    assert data["preview_p95_ms"] > 0
    assert data["opencv_threads"] in (0, 1)
    assert data["libraries"]["torch"].startswith("2.")


@pytest.mark.usefixtures("no_cifar10")
def test_bench_augmentation_leaves_the_threads_as_they_were(cli: Cli) -> None:
    before = (torch.get_num_threads(), cv2.getNumThreads())
    out = cli("bench", "augmentation", "--rounds", "1", "--threads", "1").out
    assert (torch.get_num_threads(), cv2.getNumThreads()) == before
    assert "150 ms" in out
    assert "1 thread each" in out


@pytest.mark.usefixtures("no_cifar10")
def test_bench_augmentation_refuses_a_preset_that_is_missing_or_does_nothing(cli: Cli) -> None:
    cli("bench", "augmentation", "--preset", "fog").assert_refused(2, "'fog'", "assignment")
    cli("bench", "augmentation", "--preset", "none").assert_refused(1, "'none'", "nothing")
    cli("bench", "augmentation", "--threads", "0").assert_refused(2, "--threads")


@pytest.mark.usefixtures("no_cifar10")
def test_bench_training_prints_three_loops_with_the_device(cli: Cli) -> None:
    data = cli("bench", "training", "--rounds", "1", "--batches", "1", "--batch-size", "8", "--json").data
    check("bench training", data)
    assert data["overhead"] == pytest.approx(1 - data["images_per_second"] / data["bare_images_per_second"])
    assert (data["images"], data["recipe"], data["augmentation_engine"]) == (8, "seed", "albumentations")
    assert data["device"].startswith("CPU")


@pytest.mark.usefixtures("no_cifar10")
def test_bench_training_names_its_budget_and_refuses_what_there_is_not(cli: Cli) -> None:
    command = ("bench", "training", "--rounds", "1", "--batches", "1", "--batch-size", "8", "--preset", "best-100k")
    out = cli(*command).out
    assert "5 %" in out
    assert "batched" in out
    cli("bench", "training", "--preset", "huge").assert_refused(2, "'huge'", "best-100k")
    cli("bench", "training", "--batches", "0").assert_refused(2, "--batches")


@pytest.mark.slow
@pytest.mark.usefixtures("no_cifar10")
def test_bench_store_turns_the_pages_of_as_many_runs_as_it_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_store, "WARM_UPS", 0)
    data = cli("bench", "store", "--runs", "250", "--rounds", "2", "--json").data
    check("bench store", data)
    assert (data["runs"], data["predictions"], data["dataset"]) == (250, 10_000, "digits")
    assert data["runs_p95_ms"] == max(tab["p95_ms"] for tab in data["tabs"])
    assert all(0 < tab["p50_ms"] <= tab["p95_ms"] for tab in data["tabs"])
    assert data["errors_p95_ms"] > 0


def test_the_stored_runs_of_the_benchmark_are_found_and_ranked(tmp_path: Path) -> None:
    newest = bench_store.fill_store(tmp_path, 12, "digits")
    with closing(RunStore(folder=tmp_path)) as store:
        assert store.count_found() == 12
        assert store.get(newest).state == RunState.COMPLETED
        assert [family.count for family in store.find_families()] == [2, 5, 5]
        assert len(store.epochs(newest)) == bench_store.EPOCHS
