"""Two people, or two tabs, write about one run."""

from __future__ import annotations

import pytest

from cifar_core.errors import SpecError
from cifar_core.runs import Run, RunStore
from cifar_core.runs.report_texts import ReportText
from tests.tiny import tiny_config

OLD = ReportText("old target", "old analysis")


@pytest.fixture
def run(own_store: object) -> Run:
    return RunStore().enqueue(tiny_config())


def test_who_changes_one_part_leaves_what_somebody_wrote_in_the_other(run: Run) -> None:
    store = RunStore()
    store.set_report_text(run.id, OLD)
    store.set_report_text(run.id, ReportText("new target", OLD.analysis), OLD)
    store.set_report_text(run.id, ReportText(OLD.target, "new analysis"), OLD)
    assert store.report_text(run.id) == ReportText("new target", "new analysis")


def test_words_that_somebody_changed_meanwhile_stay_and_the_others_are_told(run: Run) -> None:
    store = RunStore()
    store.set_report_text(run.id, OLD)
    store.set_report_text(run.id, ReportText("theirs", OLD.analysis), OLD)
    with pytest.raises(SpecError, match=r"^The target was changed meanwhile\. Yours was not kept; it said: mine$"):
        store.set_report_text(run.id, ReportText("mine", OLD.analysis), OLD)
    assert store.report_text(run.id) == ReportText("theirs", OLD.analysis)
