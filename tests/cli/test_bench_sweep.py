from __future__ import annotations

import pytest

from cifar_core.cli import bench_sweep
from cifar_core.errors import BenchError
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check


@pytest.mark.slow
def test_a_sweep_is_timed_beside_the_same_runs_by_hand(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_sweep, "preset_config", lambda preset, dataset: legal_and_tiny())
    data = cli("bench", "sweep", "--trials", 2, "--epochs", 1, "--limit-train", 64, "--json").data
    check("bench sweep", data)
    assert (data["trials"], data["images"]) == (2, 64)
    assert data["overhead"] == pytest.approx(data["sweep_seconds"] / data["by_hand_seconds"] - 1)


def legal_and_tiny() -> object:
    from cifar_core.runs.config import preset_config
    from cifar_core.runs.fields import with_fields

    small = {"width_scale": 0.25, "limit_test": 64, "batch_size": 64, "device": "cpu"}
    return with_fields(preset_config("quick-cpu", "digits"), small)


@pytest.mark.slow
def test_runs_that_fail_are_no_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = bench_sweep._spec("digits", 2, 1, 64)
    broken = spec.base.changed(training=spec.base.training.changed(validation_images=1_500).model_dump())
    monkeypatch.setattr(bench_sweep, "_spec", lambda *sizes: spec.model_copy(update={"base": broken}))
    with pytest.raises(BenchError, match="A run was not completed: "):
        bench_sweep.bench_sweep(2, 1, 64)
