"""How sure a network is, beside how often it is right."""

from __future__ import annotations

from cifar_core.analysis.calibration import calibration
from cifar_core.runs import Run
from tests.pages.helpers import metric, says, stored_predictions
from tests.pages.mistakes.panes import open_pane


def test_calibration_is_told_in_words_and_figures(run: Run) -> None:
    measured = calibration(stored_predictions(run))
    session = open_pane("Calibration", run)
    assert metric(session, "Expected error (ECE)") == f"{100 * measured.expected_error:.1f} %"
    assert metric(session, "Maximum error (MCE)") == f"{100 * abs(measured.worst_bin.gap):.1f} %"
    assert metric(session, "Log loss") == f"{measured.negative_log_likelihood:.3f}"
    assert metric(session, "Brier score") == f"{measured.brier:.3f}"
    assert says(
        session, f"sure by **{100 * measured.confidence:.1f} %**", f"right in **{100 * measured.accuracy:.1f} %**"
    )
