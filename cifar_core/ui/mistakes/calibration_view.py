"""Whether the network is right as often as it is sure."""

from __future__ import annotations

import streamlit as st

from cifar_core.analysis.calibration import NUM_BINS, Calibration, calibration
from cifar_core.ui.figures.reliability import reliability_figure
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.ui.panes import two_panes
from cifar_core.words import counted, percent

WELL_CALIBRATED = 0.02
"""An expected error below this hardly matters to anybody who reads a confidence."""


def draw_calibration(subject: Subject) -> None:
    """The reliability diagram, what it amounts to, and the figures in short."""
    measured = calibration(subject.predictions)
    controls, chart = two_panes()
    with controls:
        st.markdown(verdict(measured, subject.split))
        _draw_figures(measured)
    with chart:
        st.plotly_chart(
            reliability_figure(measured),
            key="reliability",
            config={"displayModeBar": False},
            alt=f"Reliability diagram of {NUM_BINS} bins: accuracy against confidence, and the images in each bin",
        )


def verdict(measured: Calibration, split: str) -> str:
    """What the figures amount to, in words; what chance may have done is told as no finding."""
    gap = measured.confidence - measured.accuracy
    means = (
        f"On {counted(measured.count, f'{split} image')} the network is sure by **{percent(measured.confidence)}** on "
        f"average, and right in **{percent(measured.accuracy)}**: "
    )
    if measured.expected_error < WELL_CALIBRATED:
        return means + "its confidence can be taken at its word."
    if abs(gap) > measured.gap_by_chance:
        kind = "**overconfident**" if gap > 0 else "**underconfident**"
        return means + f"it is {kind} by {100 * abs(gap):.1f} points."
    if measured.is_beyond_chance:
        return means + "the means agree, but it is too sure in some bins and too unsure in others."
    return means + f"as far as {counted(measured.count, 'image')} can tell, it is calibrated."


def _draw_figures(measured: Calibration) -> None:
    worst = measured.worst_bin
    left, right = st.columns(2)
    left.metric(
        "Expected error (ECE)",
        percent(measured.expected_error),
        help=f"Mean gap between confidence and accuracy over {NUM_BINS} bins of equal width, weighted by their images "
        f"(Guo et al. 2017). 0 is best; on as many images, chance alone gives a calibrated network about "
        f"{percent(measured.expected_error_by_chance)}.",
    )
    right.metric(
        "Maximum error (MCE)",
        percent(abs(worst.gap)),
        help=f"The largest gap of any bin: confidence {worst.low:.0%} to {worst.high:.0%}, with "
        f"{counted(worst.count, 'image')}. A bin of few images is mostly chance.",
    )
    left.metric(
        "Log loss",
        f"{measured.negative_log_likelihood:.3f}",
        help="Negative log-likelihood: mean of -log of the true class's probability, in nats. 0 is best, 2.303 is "
        "guessing among ten classes; a confident mistake costs most.",
    )
    right.metric(
        "Brier score",
        f"{measured.brier:.3f}",
        help="Mean squared distance between the probabilities and the truth, summed over classes (Brier 1950): 0 is "
        "best, 0.9 is guessing among ten classes, 2 is sure and wrong.",
    )
