from __future__ import annotations

import pytest

from cifar_core.cli import bench_race
from cifar_core.cli.bench_outputs import RacePoint
from tests.cli.helpers import Cli
from tests.cli.test_schemas import check

pytestmark = pytest.mark.usefixtures("no_cifar10")


def test_a_race_tells_accuracy_against_seconds_of_both(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_race._Clock, "should_stop", lambda clock: len(clock.points) == 2)  # however slow it is
    data = cli("bench", "race", "--limit-train", "32", "--json").data
    check("bench race", data)
    assert [(curve["preset"], curve["recipe"]) for curve in data["curves"]] == [
        ("quick-cpu", "quick"),
        ("seed-model-3", "seed"),
    ]
    # The seed document's log is of whole epochs: one of 32 images says nothing of it.
    assert set(data["seed_log_seconds_to"].values()) == {None}
    for curve in data["curves"]:
        assert [point["epoch"] for point in curve["points"]] == list(range(1, len(curve["points"]) + 1))
        seconds = [point["seconds"] for point in curve["points"]]
        assert seconds == sorted(seconds)
        assert len(curve["points"]) == 2
        assert all(0 <= point["accuracy"] <= 1 for point in curve["points"])


def test_quick_cpu_may_run_by_another_recipe(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_race._Clock, "should_stop", lambda clock: len(clock.points) == 1)
    curves = cli("bench", "race", "--recipe", "sprint", "--limit-train", "32", "--json").data["curves"]
    assert [(curve["recipe"], curve["epochs"]) for curve in curves] == [("sprint", 10), ("seed", 50)]


def test_a_racer_whose_time_is_over_stops_and_has_what_it_has(cli: Cli) -> None:
    out = cli("bench", "race", "--minutes", "0.0001", "--limit-train", "32").out
    assert "0 of 50" in out
    assert "to 85.0 %" in out


def test_the_seconds_to_an_accuracy_are_those_of_the_first_epoch_that_reached_it() -> None:
    points = [
        RacePoint(epoch=epoch, seconds=10.0 * epoch, accuracy=accuracy)
        for epoch, accuracy in enumerate((0.7, 0.81, 0.79, 0.85), start=1)
    ]
    assert bench_race._seconds_to(points, 0.8) == 20
    assert bench_race._seconds_to(points, 0.85) == 40
    assert bench_race._seconds_to(points, 0.9) is None


def test_the_seed_s_log_is_told_at_the_seconds_an_epoch_measured_here() -> None:
    points = [RacePoint(epoch=epoch, seconds=100.0 * epoch, accuracy=0.5) for epoch in (1, 2)]
    assert bench_race._by_seed_log(points, 0.85) == 43 * 100, "its log passes 85 % in epoch 43"
    assert bench_race._by_seed_log(points, 0.9) is None
    assert bench_race._by_seed_log([], 0.8) is None


def test_minutes_that_cannot_be_are_refused(cli: Cli) -> None:
    cli("bench", "race", "--minutes", "0").assert_refused(2, "--minutes")
    cli("bench", "race", "--minutes", "nan").assert_refused(2, "it must be a finite number above 0")
    cli("bench", "race", "--limit-train", "1").assert_refused(2, "limit_train")
