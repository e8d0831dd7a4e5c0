"""The seed's printed receptive-field table beside the true one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from cifar_core.architecture.seed_table import SeedRow, seed_table

_OF_MODULE = ("seed-model-2", "seed-model-3")


def show_seed_table(preset_name: str) -> None:
    """Row by row, where the seed document's own table differs from the module that it prints."""
    if preset_name not in _OF_MODULE:
        return
    rows = seed_table()
    said, true = rows[-1].printed["rout"], rows[-1].true["rout"]
    wrong = sum(bool(row.differing) for row in rows)
    title = f"The seed document's own table ends at {said} px, the truth is {true} px"
    with st.expander(f"{title}: {wrong} of its {len(rows)} rows differ"):
        st.dataframe(pd.DataFrame(map(_cells, rows)), hide_index=True, height="content", key="seed-table")
        st.caption("A cell that differs stands as printed → true. True is what the module that the seed prints has.")
        st.markdown("\n".join(f"- **{row.layer}**: {' '.join(row.reasons)}" for row in rows if row.reasons))


def _cells(row: SeedRow) -> dict[str, str]:
    cells = {"printed as": row.operation, "layer": row.layer}
    for column, true in row.true.items():
        said = row.printed[column]
        cells[column.replace("Output_Channels", "Output")] = str(true) if said == true else f"{said} → {true}"
    return cells
