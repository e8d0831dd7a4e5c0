from __future__ import annotations

from cifar_core.analysis.duration import estimate_duration
from cifar_core.runs import RunConfig, RunStore
from tests.tiny import some_metrics, tiny_architecture, tiny_config


def run_with_epochs(store: RunStore, config: RunConfig, *seconds: float) -> str:
    claim = store.start(config)
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
    assert (estimate.seconds, estimate.measured_on.id) == (30, run_id)


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
    )
    assert [estimate_duration(store, config) for config in others] == [None] * len(others)
