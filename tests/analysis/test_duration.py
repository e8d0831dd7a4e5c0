from __future__ import annotations

from dataclasses import asdict

from cifar_core.analysis.duration import estimate_duration
from cifar_core.runs import RunConfig, RunOrigin, RunStore
from cifar_core.runs.tables import RunRow
from cifar_core.runs.trials import SpeedResult, Trial
from tests.tiny import some_metrics, tiny_architecture, tiny_config


def run_with_epochs(store: RunStore, config: RunConfig, *seconds: float) -> str:
    claim = store.start(config)
    store.report_start(claim, "CPU", {})
    for epoch, each in enumerate(seconds, start=1):
        store.report_epoch(claim, some_metrics(epoch, seconds=each))
    return claim.run_id


def test_without_runs_there_is_no_estimate() -> None:
    assert estimate_duration(RunStore(), tiny_config()) is None


def test_the_median_epoch_counts_for_every_planned_one() -> None:
    store = RunStore()
    run_id = run_with_epochs(store, tiny_config(), 60, 2, 3)
    estimate = estimate_duration(store, tiny_config(epochs=10))
    assert estimate is not None
    assert (estimate.seconds, estimate.measured_at) == (30, store.get(run_id).started_at)


def test_the_newest_run_of_the_same_work_counts() -> None:
    store = RunStore()
    for seconds in (9, 4):
        run_with_epochs(store, tiny_config(), seconds)
    estimate = estimate_duration(store, tiny_config(name="other", seed=5, epochs=1))
    assert estimate is not None
    assert estimate.seconds == 4


def test_a_run_without_an_epoch_tells_nothing() -> None:
    store = RunStore()
    store.start(tiny_config())
    assert estimate_duration(store, tiny_config()) is None


def test_a_run_from_another_machine_tells_nothing() -> None:
    store = RunStore()
    run_id = run_with_epochs(store, tiny_config(), 1)
    with store._database.writing() as session:
        session.get_one(RunRow, run_id).origin = RunOrigin.EXAMPLE
    assert estimate_duration(store, tiny_config()) is None


def test_other_work_tells_nothing() -> None:
    store = RunStore()
    run_with_epochs(store, tiny_config(), 1)
    others = (
        tiny_config(batch_size=32),
        tiny_config(limit_train=128),
        tiny_config(protocol="seed"),
        tiny_config().changed(dataset="cifar10"),
        tiny_config().changed(architecture=tiny_architecture(width=16)),
        tiny_config().changed(augmentation={"transforms": [{"type": "horizontal_flip"}]}),
        tiny_config().changed(augmentation={"batch": [{"type": "mixup"}]}),
        tiny_config(augmentation_engine="batched"),
        tiny_config(execution="graph"),
    )
    assert [estimate_duration(store, config) for config in others] == [None] * len(others)


def test_a_trial_counts_where_no_run_was_measured() -> None:
    store = RunStore()
    config = tiny_config(epochs=10, limit_train=250, limit_test=64)
    store.trials.put(Trial("speed", config).key, asdict(SpeedResult(2.0, 0.5, "CPU")))
    for asked, seconds in (
        (config, 10 * (4 * 2.0 + 64 * 0.5)),
        # Longer, and on all images: 1,500 digits less 150.
        (tiny_config(epochs=3, limit_train=None, limit_test=None), 3 * (22 * 2.0 + 150 * 0.5)),
        (tiny_config(epochs=1, protocol="seed", limit_train=None, limit_test=None), 24 * 2.0 + 297 * 0.5),
    ):
        estimate = estimate_duration(store, asked)
        assert estimate is not None
        assert (estimate.seconds, estimate.device) == (seconds, "CPU")
    assert estimate_duration(store, tiny_config(batch_size=32)) is None


def test_a_run_on_a_gpu_tells_nothing_of_the_processor() -> None:
    store = RunStore()
    claim = store.start(tiny_config())
    store.report_start(claim, "NVIDIA H100", {})
    store.report_epoch(claim, some_metrics())
    assert estimate_duration(store, tiny_config(device="cpu")) is None
