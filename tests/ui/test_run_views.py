"""What the Runs page shows of chosen runs: curves, differences, analysis, rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from pandas import DataFrame
from streamlit.testing.v1 import AppTest

from cifar_core.data import find_augmentation
from cifar_core.runs import Run, RunState, RunStore
from cifar_core.ui.runs.curves_view import COMPARED_EPOCHS
from tests.analysis.stored import stored_run
from tests.pages.helpers import as_read
from tests.tiny import some_metrics, tiny_config

RISING = [0.3, 0.5, 0.6, 0.65]


@pytest.fixture
def store(own_store: object) -> Iterator[RunStore]:
    with closing(RunStore()) as store:
        yield store


def script() -> None:
    import streamlit as st

    from cifar_core.runs import RunStore
    from cifar_core.ui.runs.analysis_view import draw_analysis
    from cifar_core.ui.runs.curves_view import draw_curves
    from cifar_core.ui.runs.rules_view import draw_rules
    from cifar_core.ui.runs.settings_view import draw_differences

    store = RunStore()
    runs = [store.get(run_id) for run_id in st.session_state["ids"]]
    view = st.session_state["view"]
    if view == "curves":
        draw_curves(store, runs)
    elif view == "settings":
        draw_differences(runs)
    elif view == "analysis":
        draw_analysis(store, runs[0])
    else:
        draw_rules(runs[0])
    store.close()


def opened(view: str, *runs: Run) -> AppTest:
    session = AppTest.from_function(script, default_timeout=60)
    session.session_state["view"], session.session_state["ids"] = view, [run.id for run in runs]
    return shown(session.run())


def shown(session: AppTest) -> AppTest:
    assert not session.exception
    return session


def lines(session: AppTest) -> list[str]:
    """Titles of the lines, as the legend tells them."""
    (chart,) = session.get("vega_lite_chart")
    spec: dict[str, Any] = json.loads(chart.proto.spec)
    names: list[str] = spec["vconcat"][0]["encoding"]["color"]["scale"]["domain"]
    return names


def table(session: AppTest) -> DataFrame:
    return session.dataframe[0].value


def says(session: AppTest, words: str) -> bool:
    groups = (session.markdown, session.caption, session.info, session.error)
    return any(words in as_read(element.value) for group in groups for element in group)


def title(run: Run) -> str:
    return f"{run.name} ({run.id[-6:]})"


def test_runs_of_one_name_are_two_lines(store: RunStore) -> None:
    runs = [stored_run(store, tiny_config("same"), RISING) for _ in range(2)]
    assert lines(opened("curves", *runs)) == [title(run) for run in runs]


def test_the_seed_s_curve_lies_at_once_beside_a_run_on_cifar10(store: RunStore) -> None:
    longer = [*RISING, *RISING[-1:] * COMPARED_EPOCHS]
    run = stored_run(store, tiny_config(dataset="cifar10"), longer)
    session = opened("curves", run)
    assert lines(session) == [title(run), "seed document"]
    assert "seed document" not in lines(shown(session.toggle("curves-reference-alike").set_value(False).run()))
    for other in (tiny_config("digits"), tiny_config("short", dataset="cifar10")):
        history = longer if other.dataset == "digits" else RISING
        assert lines(opened("curves", stored_run(store, other, history)))[1:] == []


def test_seeds_become_one_band_with_their_number_and_what_still_trains_stays_alone(store: RunStore) -> None:
    seeds = [stored_run(store, tiny_config("net", seed=seed), RISING) for seed in range(3)]
    training = stored_run(store, tiny_config("net", seed=3), RISING, state=None)
    session = opened("curves", seeds[0], training)
    shown(session.toggle("curves-band").set_value(True).run())
    band, alone = lines(session)
    assert band == f"net (all seeds, as {seeds[0].id[-6:]})"
    assert alone == title(training)
    assert says(session, f"one sample standard deviation over n completed runs ({band} n = 3).")


def test_a_completed_sibling_widens_the_band_and_leaves_the_chart_as_it_is(store: RunStore) -> None:
    seeds = [stored_run(store, tiny_config("net", seed=seed), RISING) for seed in range(2)]
    session = opened("curves", stored_run(store, tiny_config("live"), RISING, state=None), seeds[0])
    shown(session.toggle("curves-band").set_value(True).run())
    before = session.get("vega_lite_chart")[0].proto.spec
    assert says(session, "n = 2)")
    stored_run(store, tiny_config("renamed", seed=2), RISING)
    shown(session.run())
    assert says(session, "n = 3)")
    assert session.get("vega_lite_chart")[0].proto.spec == before


def test_without_siblings_the_band_says_so(store: RunStore) -> None:
    run = stored_run(store, tiny_config(), RISING)
    session = opened("curves", run)
    shown(session.toggle("curves-band").set_value(True).run())
    assert lines(session) == [title(run)]
    assert says(session, "No chosen run has a completed sibling")


def test_a_run_that_never_had_an_epoch_says_so(store: RunStore) -> None:
    session = opened("curves", stored_run(store, tiny_config("failed"), state=RunState.FAILED))
    assert says(session, "has no finished epoch")
    assert says(session, "there is no curve to show")
    assert not session.get("vega_lite_chart")


def test_the_gap_of_each_run_is_told(store: RunStore) -> None:
    chosen = stored_run(store, tiny_config(), [0.8, 0.7], clean=0.9)
    last = stored_run(store, tiny_config(protocol="seed"), [0.8, 0.7], clean=0.9)
    running = stored_run(store, tiny_config(), [0.5], state=None)
    rows = table(opened("curves", chosen, last, running))
    assert rows["gap"].tolist()[:2] == pytest.approx([10, 20])
    assert rows["of"].tolist()[:2] == ["validation, validation-chosen", "test, test-chosen"]
    assert rows["gap"].isna().tolist() == [False, False, True]


def test_only_while_a_run_trains_its_curve_is_looked_at_again_and_keeps_its_line(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    import streamlit as st

    every: list[float | None] = []
    real = st.fragment

    def fragment(function: Callable[..., None], *, run_every: float | None) -> Any:
        every.append(run_every)
        return real(function, run_every=run_every)

    monkeypatch.setattr(st, "fragment", fragment)
    done = stored_run(store, tiny_config("done"), RISING)
    opened("curves", done)
    claim = store.start(tiny_config("live"))
    session = opened("curves", done, store.get(claim.run_id))
    before = session.get("vega_lite_chart")[0].proto.spec
    store.report_epoch(claim, some_metrics(1))
    shown(session.run())
    assert session.get("vega_lite_chart")[0].proto.spec == before
    store.report_end(claim, RunState.COMPLETED)
    shown(session.run())
    assert every == [None, 2.0, 2.0, None]


def test_only_what_differs_is_in_the_table(store: RunStore) -> None:
    runs = [stored_run(store, tiny_config(batch_size=size), RISING) for size in (32, 64)]
    rows = table(opened("settings", *runs))
    assert rows.to_dict("records") == [
        {"part": "training", "setting": "batch size", title(runs[0]): "32", title(runs[1]): "64"}
    ]


def test_equal_runs_and_a_single_one_have_a_sentence_instead(store: RunStore) -> None:
    runs = [stored_run(store, tiny_config(), RISING) for _ in range(2)]
    assert says(opened("settings", *runs), "the same settings throughout")
    assert says(opened("settings", runs[0]), "Choose two or more runs")


def test_the_analysis_is_told_with_its_numbers(store: RunStore) -> None:
    session = opened("analysis", stored_run(store, tiny_config("*net*"), [0.85], clean=0.95))
    assert says(session, "**Fit.** Some overfitting: 95.0 % of clean training images")
    numbers = dict(zip(table(session)["number"], table(session)["value"], strict=True))
    assert numbers["clean training accuracy"] == "0.95"


def test_a_run_without_an_epoch_has_no_analysis(store: RunStore) -> None:
    session = opened("analysis", stored_run(store, tiny_config(), state=None))
    assert says(session, "there is nothing to analyse")


def test_the_rules_of_run_and_network_stand_together_and_their_limits_can_be_set(store: RunStore) -> None:
    assignment = find_augmentation("assignment").spec
    run = stored_run(store, tiny_config(dataset="cifar10", augmentation=assignment, limit_test=None), RISING, test=0.8)
    session = opened("rules", run)
    assert says(session, ":green-badge[:material/check: Horizontal flip")
    assert says(session, ":red-badge[:material/close: Test accuracy (validation-chosen): 80.0 %")
    assert says(session, ":red-badge[:material/close: Receptive field")
    shown(session.number_input("limit-accuracy").set_value(75.0).run())
    assert says(session, ":green-badge[:material/check: Test accuracy (validation-chosen): 80.0 % (asked: >= 75.0 %)")


def test_what_cannot_be_judged_is_neither_passed_nor_failed(store: RunStore) -> None:
    session = opened("rules", stored_run(store, tiny_config(), RISING))
    assert says(session, ":gray-badge[:material/question_mark: Test accuracy (validation-chosen): does not apply")
    few = stored_run(store, tiny_config(dataset="cifar10"), RISING, test=0.9)
    assert says(opened("rules", few), ":gray-badge[:material/question_mark: Test accuracy (validation-chosen): 90.0 %")
