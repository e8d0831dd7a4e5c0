"""What a trial speaks for, how its result is kept, and how pages ask for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.errors import LabError, TrainingError
from cifar_core.runs import RunConfig, RunStore, rows, trying
from cifar_core.runs import lease as lease_module
from cifar_core.runs.trials import RangeResult, SpeedResult, Trial, TrialDesk, TrialKind
from cifar_core.runs.trying import carry_out
from cifar_core.training import AdamW, ConstantSchedule, Sgd
from tests.tiny import tiny_architecture, tiny_config

BASE = tiny_config(augmentation=find_augmentation("assignment").spec)
KINDS: tuple[TrialKind, ...] = ("speed", "range")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


def training(**fields: object) -> RunConfig:
    return BASE.changed(training=BASE.training.changed(**fields))


def network(**fields: object) -> RunConfig:
    return BASE.changed(architecture=BASE.architecture.changed(**fields))


def key(kind: TrialKind, config: RunConfig) -> str:
    return Trial(kind, config).key


# What a result speaks for


@pytest.mark.parametrize(
    ("other", "speed", "range_"),
    [
        # The same work with the same answer.
        (BASE.changed(name="other"), False, False),
        (network(name="other"), False, False),
        (BASE.changed(augmentation=BASE.augmentation.changed(name="other")), False, False),
        (training(recipe="other"), False, False),
        (training(epochs=99), False, False),
        (training(schedule=ConstantSchedule()), False, False),
        (training(validation_images=7), False, False),
        (training(limit_test=7), False, False),
        (training(device="auto"), False, False),
        # The same work, another loss.
        (training(optimizer=Sgd(learning_rate=0.2, weight_decay=0.1)), False, True),
        (training(optimizer=Sgd(learning_rate=0.2, momentum=0.5)), False, True),
        (training(label_smoothing=0.1), False, True),
        (training(decay_norms=False), False, True),
        (training(seed=1), False, True),
        (training(limit_train=99), False, True),
        (training(protocol="seed"), False, True),
        (BASE.changed(dataset="cifar10"), False, True),
        # Other work with the same answer.
        (training(execution="graph"), True, False),
        # Other work.
        (BASE.changed(architecture=tiny_architecture(width=16)), True, True),
        (BASE.changed(architecture=tiny_architecture(dropout=0.3)), True, True),
        (BASE.changed(augmentation=AugmentationSpec()), True, True),
        (BASE.changed(augmentation=BASE.augmentation.changed(batch=[{"type": "mixup"}])), True, True),
        (training(augmentation_engine="batched"), True, True),
        (training(batch_size=32), True, True),
        (training(optimizer=AdamW()), True, True),
        (training(ema_decay=0.9), True, True),
        (training(clip_norm=1.0), True, True),
        (training(precision="bfloat16"), True, True),
    ],
)
def test_what_has_a_trial_of_its_own(
    other: RunConfig, speed: bool, range_: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "training_device", lambda wanted: "cpu")  # which is what "auto" means here
    assert (key("speed", other) != key("speed", BASE), key("range", other) != key("range", BASE)) == (speed, range_)


def test_the_learning_rate_is_what_a_range_test_looks_for() -> None:
    for one, other in ((Sgd(learning_rate=0.1), Sgd(learning_rate=1)), (AdamW(), AdamW(learning_rate=1))):
        for kind in KINDS:
            assert key(kind, training(optimizer=one)) == key(kind, training(optimizer=other))


@pytest.mark.parametrize(
    ("value", "other"), [({"ema_decay": 0.9}, {"ema_decay": 0.99}), ({"clip_norm": 1}, {"clip_norm": 2})]
)
def test_the_work_of_averaging_and_clipping_does_not_depend_on_how_much(
    value: dict[str, object], other: dict[str, object]
) -> None:
    assert key("speed", training(**value)) == key("speed", training(**other))
    assert key("range", training(**value)) != key("range", training(**other))


@pytest.mark.parametrize("kind", KINDS)
def test_another_device_and_another_host_have_their_own(kind: TrialKind, monkeypatch: pytest.MonkeyPatch) -> None:
    here = key(kind, BASE)
    assert here.startswith(f"{kind}-")
    assert len(here) <= 80, "the table's column"
    with monkeypatch.context() as patch:
        patch.setattr(lease_module, "training_device", lambda wanted: "cuda")
        assert key(kind, BASE) != here
    with monkeypatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: "elsewhere")
        assert key(kind, BASE) != here
    assert key(kind, BASE) == here


def test_the_two_kinds_are_kept_apart() -> None:
    assert key("speed", BASE) != key("range", BASE)


# What is kept


def test_results_come_back_as_they_were_kept(store: RunStore) -> None:
    assert store.trials.speed(BASE) is None
    assert store.trials.range(BASE) is None
    speed = SpeedResult(0.125, 0.0625, "CPU")
    curve = RangeResult((0.01, 0.1), (2.5, 1.5), 0.05)
    store.trials.put(key("speed", BASE), asdict(speed))
    store.trials.put(key("range", BASE), asdict(curve))
    with closing(RunStore(folder=store.folder)) as other:
        found, at = other.trials.speed(BASE.changed(name="another")) or (None, None)
        assert found == speed
        assert at is not None
        assert abs((rows.utc_now() - at).total_seconds()) < 60
        answered, _ = other.trials.range(BASE) or (None, None)
        assert answered is not None
        assert (tuple(answered.rates), tuple(answered.losses)) == (curve.rates, curve.losses)
        assert answered.suggested == 0.05
    assert store.trials.speed(training(batch_size=32)) is None


def test_a_later_result_takes_the_place_of_an_earlier_one_until_it_is_forgotten(store: RunStore) -> None:
    for seconds in (1.0, 2.0):
        store.trials.put(key("speed", BASE), asdict(SpeedResult(seconds, 1.0, "CPU")))
    found = store.trials.speed(BASE)
    assert found is not None
    assert found[0].seconds_per_batch == 2.0
    store.trials.forget(key("speed", BASE))
    store.trials.forget(key("speed", BASE))
    assert store.trials.speed(BASE) is None


# Carrying out


def test_a_speed_trial_leaves_figures(store: RunStore) -> None:
    carry_out(store, Trial("speed", BASE), lambda: False)
    found = store.trials.speed(BASE)
    assert found is not None
    assert 0 < found[0].seconds_per_batch < 10
    assert 0 < found[0].seconds_per_eval_image < 1
    assert found[0].device.startswith("CPU")


def test_a_range_trial_leaves_a_rising_curve(store: RunStore) -> None:
    carry_out(store, Trial("range", BASE), lambda: False)
    found = store.trials.range(BASE)
    assert found is not None
    assert len(found[0].rates) == len(found[0].losses) > 5
    assert list(found[0].rates) == sorted(set(found[0].rates))
    assert store.trials.range_so_far(BASE) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_that_is_stopped_leaves_nothing(store: RunStore, kind: TrialKind) -> None:
    carry_out(store, Trial(kind, BASE), lambda: True)
    assert (store.trials.speed(BASE), store.trials.range(BASE)) == (None, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trial_that_fails_says_why_and_leaves_nothing(store: RunStore, kind: TrialKind, no_cifar10: Path) -> None:
    config = BASE.changed(dataset="cifar10")
    with pytest.raises(LabError, match=str(no_cifar10)):
        carry_out(store, Trial(kind, config), lambda: False)
    assert (store.trials.speed(config), store.trials.range(config)) == (None, None)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_breaks_in_a_trial_is_one_sentence(
    store: RunStore, kind: TrialKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(trying, "load_run_data", broken)
    with pytest.raises(TrainingError, match=r"^ZeroDivisionError: division by zero$"):
        carry_out(store, Trial(kind, BASE), lambda: False)


def test_a_range_test_that_is_stopped_leaves_the_finished_one_before_it(store: RunStore) -> None:
    curve = RangeResult((0.01, 0.1), (2.5, 1.5), 0.05)
    store.trials.put(key("range", BASE), asdict(curve))
    told: list[object] = []

    def after_some_points() -> bool:
        told.append(store.trials.range_so_far(BASE))
        return len(told) > 5

    carry_out(store, Trial("range", BASE), after_some_points)
    found = store.trials.range(BASE)
    assert found is not None
    assert found[0].suggested == 0.05
    assert store.trials.range_so_far(BASE) is None


# Asking


@pytest.fixture
def rung() -> list[str]:
    return []


@pytest.fixture
def desk(rung: list[str]) -> TrialDesk:
    return TrialDesk(lambda: rung.append("rang"))


SPEED, OTHER_SPEED = Trial("speed", BASE), Trial("speed", training(batch_size=32))
RANGE = Trial("range", BASE)


def test_an_idle_desk_wants_nothing(desk: TrialDesk) -> None:
    assert desk.next() is None
    assert not desk.is_wanted(SPEED.key)
    assert not desk.is_running(SPEED.key)
    assert desk.is_cancelled(SPEED)
    desk.withdraw("speed")


def test_what_is_asked_for_rings_runs_and_is_done(desk: TrialDesk, rung: list[str]) -> None:
    desk.ask(SPEED)
    assert rung == ["rang"]
    assert (desk.next(), desk.is_wanted(SPEED.key), desk.is_running(SPEED.key)) == (SPEED, True, False)
    desk.begin(SPEED)
    assert (desk.is_wanted(SPEED.key), desk.is_running(SPEED.key)) == (True, True)
    assert not desk.is_running(OTHER_SPEED.key)
    assert not desk.is_cancelled(SPEED)
    desk.end(SPEED, keep_wish=False)
    assert (desk.next(), desk.is_wanted(SPEED.key), desk.is_running(SPEED.key)) == (None, False, False)


def test_the_newest_wish_of_a_kind_takes_the_place_of_an_older_one(desk: TrialDesk) -> None:
    desk.ask(SPEED)
    desk.begin(SPEED)
    desk.ask(OTHER_SPEED)
    assert desk.is_cancelled(SPEED)
    assert not desk.is_wanted(SPEED.key)
    desk.end(SPEED, keep_wish=False)
    assert desk.next() == OTHER_SPEED, "its end is not that of the newer wish"


def test_the_same_wish_again_gives_nothing_up(desk: TrialDesk) -> None:
    desk.ask(SPEED)
    desk.begin(SPEED)
    desk.ask(Trial("speed", BASE.changed(name="the same work")))
    assert not desk.is_cancelled(SPEED)
    desk.end(SPEED, keep_wish=False)
    assert desk.next() is None, "its result answers both"


def test_what_a_person_pressed_a_button_for_goes_first(desk: TrialDesk) -> None:
    desk.ask(SPEED)
    desk.ask(RANGE)
    assert desk.next() == RANGE
    assert desk.is_wanted(SPEED.key)
    desk.withdraw("range")
    assert desk.next() == SPEED


def test_a_wish_that_is_withdrawn_ends_the_trial(desk: TrialDesk) -> None:
    desk.ask(RANGE)
    desk.begin(RANGE)
    desk.withdraw("range")
    assert desk.is_cancelled(RANGE)
    assert desk.is_running(RANGE.key), "until it has noticed"
    desk.end(RANGE, keep_wish=False)
    assert desk.next() is None


def test_a_trial_that_made_way_for_a_run_is_carried_out_later(desk: TrialDesk) -> None:
    desk.ask(SPEED)
    desk.begin(SPEED)
    desk.end(SPEED, keep_wish=True)
    assert (desk.next(), desk.is_running(SPEED.key)) == (SPEED, False)


def test_many_threads_may_ask_at_once(desk: TrialDesk, rung: list[str]) -> None:
    trials = [Trial("speed", training(batch_size=size)) for size in range(2, 10)]
    barrier = threading.Barrier(len(trials))

    def ask(trial: Trial) -> None:
        barrier.wait()
        desk.ask(trial)

    threads = [threading.Thread(target=ask, args=(trial,)) for trial in trials]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rung) == len(trials)
    assert [desk.is_wanted(trial.key) for trial in trials].count(True) == 1
