"""One submission: its rules by how much, what was taken for granted, and the way into the editor."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitectureSpec
from cifar_core.classroom.judging import suited_reading
from cifar_core.classroom.submissions import Submission
from cifar_core.classroom.table import ClassTable
from cifar_core.ui.architecture.changing import replace_architecture
from cifar_core.ui.architecture.numbers import show_rules
from cifar_core.ui.architecture.panes import go_to_editor
from cifar_core.words import plain


def draw_one(table: ClassTable, submissions: tuple[Submission, ...]) -> None:
    """A choice of one file that could be read, and all that is known of it."""
    rows = {row.file: row for row in table.rows if not row.problem}
    if not rows:
        return
    file = st.selectbox("Look at one", list(rows), key="class-one", width=420)
    row = rows[file]
    submission = next(each for each in submissions if each.file == file)
    reading = suited_reading(submission, table.limits.network)
    spec = submission.spec if reading is None else reading.spec
    assert spec is not None
    show_rules(row.rules)
    if row.run is not None:
        st.markdown("**The run**")
        show_rules(row.run.rules, open_rules={rule.name for rule in row.run.rules if not rule.judged})
    if row.kind == "print":
        st.caption(
            "Read from printed text: the order is taken as printed, and what forward calls or adds by itself leaves no "
            "trace there."
        )
    for note in row.notes:
        st.markdown(f":orange-badge[:material/info: note] :small[{plain(note)}]")
    # No st.switch_page: it refuses where limits lie in the URL.
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Put on the workbench", icon=":material/edit:", key="class-open", on_click=_open, args=(spec.to_json(),)
        ):
            st.page_link("pages/architecture.py", label="Go on in the editor", icon=":material/schema:")


def _open(spec_json: str) -> None:
    replace_architecture(ArchitectureSpec.parse(spec_json))
    go_to_editor()
