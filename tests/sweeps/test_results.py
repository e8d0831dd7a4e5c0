"""What a sweep has found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import RunStore
from cifar_core.runs.sweep_rows import SweepState
from cifar_core.sweeps import SweepSpec, new_sweep
from cifar_core.sweeps.driver import SweepDriver
from cifar_core.sweeps.results import pareto_front, sweep_results
from cifar_core.sweeps.study import FILE
from tests.sweeps.conftest import drive_to_the_end, tiny_sweep

points = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(points)
def test_the_front_holds_what_no_other_point_beats(found: list[tuple[int, int]]) -> None:
    front = pareto_front(found)

    def beats(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return one != other and one[0] <= other[0] and one[1] >= other[1]

    assert {found[at] for at in front} == {point for point in found if not any(beats(other, point) for other in found)}
    costs = [found[at][0] for at in front]
    assert costs == sorted(set(costs))


def test_importances_are_shares_and_wait_for_four_trials(
    store: RunStore, drive: Callable[[SweepSpec], SweepDriver]
) -> None:
    driver = drive(tiny_sweep("lr=0.001..0.5:log", "label_smoothing=0,0.1", trials=5, pruner="none", sampler="random"))
    drive_to_the_end(store, driver)
    shares = sweep_results(store, driver.id).importances
    assert set(shares) <= {"lr", "label_smoothing"}
    assert sum(shares.values()) == pytest.approx(1) or not shares
    few = drive(tiny_sweep(trials=3))
    drive_to_the_end(store, few)
    assert sweep_results(store, few.id).importances == {}


def test_a_sweep_is_found_by_parts_of_its_id(store: RunStore) -> None:
    spec = tiny_sweep()
    first, second = (store.add_sweep(spec.name, spec.to_json()) for _ in range(2))
    assert store.get_sweep(first.id[-6:]).id == first.id
    assert {sweep.id for sweep in store.list_sweeps()} == {first.id, second.id}
    with pytest.raises(SpecError, match="Several sweeps match"):
        store.get_sweep("s20")
    with pytest.raises(SpecError, match="There is no sweep 'nope' in this store"):
        store.get_sweep("nope")


def test_a_damaged_file_of_the_search_is_one_sentence(store: RunStore) -> None:
    sweep = store.add_sweep("sweep", tiny_sweep().to_json())
    (store.folder / FILE).write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot be opened"):
        sweep_results(store, sweep.id)


def test_a_search_space_of_another_version_is_one_sentence(store: RunStore) -> None:
    sweep = store.add_sweep("sweep", tiny_sweep().to_json().replace('"schema_version": 1', '"schema_version": 9', 1))
    with pytest.raises(StoreError, match="The sweep's search space cannot be read"):
        sweep_results(store, sweep.id)


def test_what_failed_goes_on_only_where_something_is_left(
    store: RunStore, drive: Callable[[SweepSpec], SweepDriver]
) -> None:
    used_up, untouched = drive(tiny_sweep(trials=1, legal_only=True)), drive(tiny_sweep())
    drive_to_the_end(store, used_up)
    store.end_sweep(untouched.id, SweepState.FAILED, "The sweep's search space cannot be read: by another version.")
    assert store.get_sweep(used_up.id).state == SweepState.FAILED
    assert not sweep_results(store, used_up.id).can_go_on
    assert sweep_results(store, untouched.id).can_go_on


def test_a_sweep_whose_trial_failed_and_all_others_are_illegal_cannot_go_on(
    store: RunStore, drive: Callable[[SweepSpec], SweepDriver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cifar_core.sweeps.asking.MAX_PASSED_OVER", 3)
    driver = drive(tiny_sweep(trials=9))
    driver.step()
    store.request_stop(store.waiting(1)[0].id)
    illegal = SweepDriver(store, driver.id)
    illegal.spec = tiny_sweep(trials=9, legal_only=True)
    drive_to_the_end(store, illegal)
    assert store.get_sweep(driver.id).problem == "Of 1 trial none was trained to its end."
    assert not sweep_results(store, driver.id).can_go_on


def test_a_grid_of_any_size_is_read_and_a_new_one_needs_an_end(store: RunStore) -> None:
    values = [",".join(str(10 + number) for number in range(50)), ",".join(f"0.{number:03}" for number in range(1, 51))]
    large = [f"epochs={values[0]}", f"lr={values[1]}", f"label_smoothing={values[1]}"]
    spec = tiny_sweep(*large, sampler="grid", trials=None)
    stored = store.add_sweep("large", spec.to_json())
    assert sweep_results(store, stored.id).spec.grid_size == 125_000
    with pytest.raises(SpecError, match="The grid has 125,000 combinations: at most 10,000 can be tried, so say"):
        new_sweep(spec)
    assert new_sweep(tiny_sweep(*large, sampler="grid", trials=20)).grid_size == 125_000
