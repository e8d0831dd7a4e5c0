"""Runs looked through: filters, order, pages, families."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunFilter, RunOrder, RunState, RunStore
from cifar_core.runs.catalogue import CURVE_POINTS
from tests.tiny import some_metrics, tiny_config


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path)) as store:
        yield store


def ended(store: RunStore, name: str, *accuracies: float, accuracy: float | None = None, **training: object) -> Run:
    """A completed run that was never trained: one epoch an accuracy."""
    claim = store.start(tiny_config(name, **training))  # type: ignore[arg-type]
    for epoch, value in enumerate(accuracies or (accuracy or 0.0,), 1):
        store.report_epoch(claim, some_metrics(epoch, eval_accuracy=value))
    store.report_end(claim, RunState.COMPLETED)
    return store.get(claim.run_id)


def names(runs: list[Run]) -> list[str]:
    return [run.name for run in runs]


def test_pages_follow_each_other_without_gap_or_overlap(store: RunStore) -> None:
    for number in range(7):
        store.enqueue(tiny_config(f"run {number}"))
    pages = [store.find_runs(limit=3, offset=offset) for offset in (0, 3, 6)]
    assert names([run for page in pages for run in page]) == [f"run {number}" for number in range(6, -1, -1)]
    assert store.count_found() == 7


def test_a_filter_lets_through_what_it_names(store: RunStore) -> None:
    done = ended(store, "50 % dilated", accuracy=0.5)
    store.enqueue(tiny_config("wide", dataset="cifar10"))
    store.enqueue(tiny_config("WIDE_seed", protocol="seed"))
    store.set_tags(done.id, ["a", 'x"y', "größe"])
    for wanted, expected in (
        (RunFilter(text="wide"), ["WIDE_seed", "wide"]),
        (RunFilter(text="50 %"), ["50 % dilated"]),
        (RunFilter(text="e_s"), ["WIDE_seed"]),
        (RunFilter(text=done.id[-6:]), ["50 % dilated"]),
        (RunFilter(states=(RunState.COMPLETED,)), ["50 % dilated"]),
        (RunFilter(datasets=("cifar10",)), ["wide"]),
        (RunFilter(protocols=("seed",)), ["WIDE_seed"]),
        (RunFilter(tags=("a",)), ["50 % dilated"]),
        (RunFilter(tags=("größe", "other")), ["50 % dilated"]),
        (RunFilter(tags=("x",)), []),
        (RunFilter(text="wide", protocols=("seed",)), ["WIDE_seed"]),
        (RunFilter(ids=(done.id,)), ["50 % dilated"]),
        (RunFilter(ids=(done.id,), protocols=("seed",)), []),
        (RunFilter(text="nothing of that name"), []),
    ):
        assert names(store.find_runs(wanted)) == expected, wanted
        assert store.count_found(wanted) == len(expected), wanted


def test_accuracies_are_ranked_within_a_league_only(store: RunStore) -> None:
    for name, accuracy, training in (
        ("digits low", 0.3, {}),
        ("digits high", 0.9, {}),
        ("fewer images", 0.95, {"limit_train": 64}),
        ("by the test set", 0.99, {"protocol": "seed"}),
        ("cifar", 0.1, {"dataset": "cifar10"}),
    ):
        ended(store, name, accuracy=accuracy, **training)
    ranked = store.find_runs(order=RunOrder.BEST_ACCURACY)
    leagues = [run.league for run in ranked]
    assert leagues == sorted(leagues, key=lambda league: leagues.index(league)), "each league in one piece"
    assert len(set(leagues)) == 4
    assert names([run for run in ranked if run.league == ranked[2].league]) != []
    digits = [run for run in ranked if run.league.train_images == 256 and run.league.protocol == "validation"]
    assert names([run for run in digits if run.config.dataset == "digits"]) == ["digits high", "digits low"]


def test_a_place_is_one_within_a_league_and_among_those_that_pass(store: RunStore) -> None:
    high, low, twin = (ended(store, f"{accuracy}", accuracy=accuracy, seed=1) for accuracy in (0.9, 0.3, 0.9))
    alone = ended(store, "by the test set", accuracy=0.1, protocol="seed")
    waits = store.enqueue(tiny_config("waits"))
    ids = [run.id for run in (high, low, twin, alone, waits)]
    assert store.ranks(ids, RunOrder.BEST_ACCURACY) == {high.id: 1, twin.id: 1, low.id: 3, alone.id: 1}
    assert store.ranks([low.id], RunOrder.BEST_ACCURACY, RunFilter(text="0.3")) == {low.id: 1}
    store.record_test_accuracy(low.id, 0.5)
    assert store.ranks(ids, RunOrder.TEST_ACCURACY)[low.id] == 1
    assert high.id not in store.ranks(ids, RunOrder.TEST_ACCURACY)
    with pytest.raises(SpecError, match="best accuracy or by test accuracy"):
        store.ranks(ids, RunOrder.NAME)


def test_runs_can_be_sorted_by_name_and_by_what_was_not_measured_last(store: RunStore) -> None:
    for name, accuracy in (("b", 0.1), ("A", 0.2), ("c", 0.3)):
        ended(store, name, accuracy=accuracy)
    store.enqueue(tiny_config("d"))
    assert names(store.find_runs(order=RunOrder.NAME)) == ["A", "b", "c", "d"]
    assert names(store.find_runs(order=RunOrder.BEST_ACCURACY)) == ["c", "A", "b", "d"]
    assert names(store.find_runs(order=RunOrder.TEST_ACCURACY)) == ["d", "c", "A", "b"], "none read: newest first"


def test_a_family_holds_the_seeds_of_one_configuration(store: RunStore) -> None:
    accuracies = (0.5, 0.625, 0.75)
    for seed, accuracy in enumerate(accuracies):
        run = ended(store, f"seed {seed}", accuracy=accuracy, seed=seed)
        store.record_test_accuracy(run.id, accuracy / 2)
    alone = ended(store, "other", accuracy=0.4, batch_size=32)
    # Which of two that were made in the same second comes first is left open.
    other, seeds = sorted(store.find_families(), key=lambda family: family.count)
    assert (other.newest.id, other.count, other.best_accuracy and other.best_accuracy.deviation) == (alone.id, 1, None)
    assert other.test_accuracy is None
    assert seeds.count == 3
    assert seeds.best_accuracy is not None
    assert seeds.best_accuracy.mean == pytest.approx(statistics.mean(accuracies))
    assert seeds.best_accuracy.deviation == pytest.approx(statistics.stdev(accuracies))
    assert seeds.test_accuracy is not None
    assert seeds.test_accuracy.mean == pytest.approx(statistics.mean(accuracies) / 2)
    assert len(store.find_runs(RunFilter(family=seeds.key))) == 3
    assert seeds.newest.id == store.find_runs(RunFilter(family=seeds.key))[0].id, "the first of a list of runs"
    early = store.start(tiny_config("seed 3", seed=3))
    store.report_epoch(early, some_metrics(1, eval_accuracy=0.01))
    store.report_end(early, RunState.FAILED, "The disk is full.")
    early_family = store.get(early.run_id).family
    seeds = next(family for family in store.find_families() if family.key == early_family)
    assert (seeds.count, seeds.best_accuracy and seeds.best_accuracy.count) == (4, 3), "what ended early is in no mean"
    assert store.count_families() == 2


def test_the_device_and_what_things_are_called_make_no_other_family(store: RunStore) -> None:
    config = tiny_config("one")
    twin = config.changed(
        name="two",
        architecture=config.architecture.changed(name="renamed").model_dump(),
        training=config.training.changed(recipe="mine", device="auto", seed=9).model_dump(),
    )
    assert store.enqueue(config).family == store.enqueue(twin).family
    assert store.enqueue(tiny_config("one", epochs=3)).family != store.enqueue(config).family


def test_epochs_of_several_runs_are_those_of_each(store: RunStore) -> None:
    one, two = ended(store, "one", 0.1, 0.2), ended(store, "two", 0.3)
    queued = store.enqueue(tiny_config("waits"))
    assert store.epochs_of([one.id, two.id, queued.id]) == {
        one.id: store.epochs(one.id),
        two.id: store.epochs(two.id),
        queued.id: [],
    }


@pytest.mark.parametrize("epochs", [1, CURVE_POINTS, CURVE_POINTS + 1, 3 * CURVE_POINTS + 7])
def test_a_small_curve_ends_where_the_run_does(store: RunStore, epochs: int) -> None:
    run = ended(store, "long", *(epoch / 1000 for epoch in range(1, epochs + 1)))
    curve = store.small_curves([run.id])[run.id]
    assert curve[-1] == epochs / 1000
    assert curve == sorted(curve)
    assert len(curve) <= CURVE_POINTS


def test_a_run_is_found_by_the_end_of_its_id(store: RunStore) -> None:
    run = store.enqueue(tiny_config("one"))
    store.enqueue(tiny_config("two"))
    assert store.get(run.id[-6:]) == run


def test_a_name_that_is_part_of_another_id_finds_neither(store: RunStore) -> None:
    other = ended(store, "other", 0.2)
    named = ended(store, other.id[-6:], 0.2)
    with pytest.raises(SpecError, match=f"is the name of run {named.id}, and part of the id of {other.id}: give the"):
        store.find_ids([other.id[-6:]])
    own = ended(store, "own", 0.2)
    store.rename(own.id, own.id[-6:])
    assert store.get(own.id[-6:]).id == own.id


def test_a_deleted_run_is_found_by_its_name_where_no_other_one_bears_it(store: RunStore) -> None:
    gone = ended(store, "gone", 0.2)
    store.delete([gone.id])
    assert store.find_ids(["gone"]) == [gone.id]
    again = ended(store, "gone", 0.2)
    assert store.find_ids(["gone"]) == [again.id]
    assert store.find_ids(["gone"], deleted=True) == [gone.id]


def test_a_run_is_found_by_its_name_where_one_alone_bears_it(store: RunStore) -> None:
    one = ended(store, "alone", 0.2)
    twins = [ended(store, "twin", 0.2) for _ in range(2)]
    assert store.get("alone").id == one.id
    assert store.find_ids(["alone", one.id]) == [one.id]
    with pytest.raises(SpecError, match=f"Several runs are called 'twin': give the id of one, as .*{twins[0].id}"):
        store.get("twin")
    store.delete([twins[0].id])
    assert store.get("twin").id == twins[1].id
    with pytest.raises(SpecError, match="There is no run 'nobody' in this store"):
        store.get("nobody")
