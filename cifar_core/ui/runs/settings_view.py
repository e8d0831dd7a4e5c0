"""In which settings the chosen runs differ, and in nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from cifar_core.analysis.curves import run_title
from cifar_core.analysis.settings_diff import Difference, differing_settings
from cifar_core.runs import Run


def draw_differences(runs: Sequence[Run]) -> None:
    """A row a setting, a column a run; one sentence where there is nothing to tell."""
    if len(runs) < 2:
        st.info("Choose two or more runs to see in which settings they differ.", icon=":material/difference:")
        return
    differences = differing_settings(runs)
    if not differences:
        st.info(f"These {len(runs)} runs have the same settings throughout, names included.", icon=":material/check:")
        return
    st.dataframe(
        pd.DataFrame([_row(difference, runs) for difference in differences]),
        hide_index=True,
        height="content",
        key="settings-differing",
    )
    st.caption(
        "Only what differs. Layers are paired by block, operation, kernel, stride and dilation, and named as in the "
        "first run; a dash stands where a run has no such setting."
    )


def _row(difference: Difference, runs: Sequence[Run]) -> dict[str, str]:
    values = {run_title(run): value for run, value in zip(runs, difference.values, strict=True)}
    return {"part": difference.part, "setting": difference.setting, **values}
