"""The analysis of a run in computed sentences, with the numbers that they rest on."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cifar_core.analysis.finding import Finding, FindingKind
from cifar_core.analysis.sentences import run_findings
from cifar_core.runs import Run, RunStore
from cifar_core.words import plain

_TITLES: dict[FindingKind, str] = {
    "milestones": "By epoch",
    "dip": "Dip",
    "plateau": "Standing still",
    "end": "How it ended",
    "gap": "Fit",
    "parent": "Beside its parent",
    "setting": "What a setting did",
    "seed": "Beside the seed document",
}


def draw_analysis(store: RunStore, run: Run) -> None:
    """What can be said of a run, sentence by sentence; the numbers stand beneath, folded."""
    findings = run_findings(store, run)
    if not findings:
        st.info("No epoch of this run is over yet: there is nothing to analyse.", icon=":material/hourglass_empty:")
        return
    for finding in findings:
        st.markdown(f"**{_TITLES[finding.kind]}.** {plain(finding.sentence)}")
    with st.expander("The numbers behind these sentences", icon=":material/functions:", key="numbers-behind"):
        st.dataframe(pd.DataFrame(_rows(findings)), hide_index=True, key=f"analysis-numbers-{run.id}", placeholder="-")
    st.caption(
        "Each sentence is computed. “Helped” stands only where a stored run differs in that setting alone. “Luck” is "
        "what so many images, or the scatter of the seeds where there are several, explain 19 times in 20."
    )


def _rows(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [
        {
            "sentence": _TITLES[finding.kind],
            "number": name,
            "value": f"{value:.4g}" if isinstance(value, float) else str(value),
        }
        for finding in findings
        for name, value in finding.numbers.items()
    ]
