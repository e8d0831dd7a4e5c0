"""What a report says where something is missing, and of itself."""

from __future__ import annotations

from cifar_core.report.content import Report

NO_TARGET = "No target was written for this run."
NO_ANALYSIS = "No epoch of this run is over: there is nothing to analyse."
NO_EPOCHS = "No epoch of this run is over."
PROVENANCE = (
    "Made by CIFAR Lab from the stored runs: every figure and every sentence of the analysis is computed; target and "
    "own analysis are the author's words."
)

OWN, COMPUTED = "In the author's words:", "Computed:"
MATRIX = "Test images by true and predicted class: counts, coloured by their share of the true class."
MISTAKES = (
    "The test images that the network was surest of, and wrong: the true class, what each was called, and with what "
    "probability."
)


SEED_SAID = "The seed said, we measured"
CLAIM_COLUMNS = ("Model", "Figure", "The seed said", "We measured")


def report_title(report: Report) -> str:
    """The heading of the whole."""
    if len(report.sections) == 1:
        return f"Report: {report.sections[0].run.name}"
    return f"Report of {len(report.sections)} models"
