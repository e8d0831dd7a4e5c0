"""What the Class page shows before anything was handed in: what it reads, and what it does not."""

from __future__ import annotations

import streamlit as st

from cifar_core.classroom.entries import MAX_ENTRIES
from cifar_core.ui.panes import two_panes

_TREE = """class.zip
├── anna.json        an architecture
├── ben/model.txt    what print(model) prints
├── carla.cifarrun   a run with its weights
└── dora.py          code: not even opened"""
_CLAIMS = """file,author,params,receptive_field,accuracy
anna.json,Anna,97264,69,
ben/model.txt,Ben,"120,394",85,88.1 %
carla.cifarrun,Carla,99472,103,0.935"""


def draw_format() -> None:
    """The formats of both files, by example."""
    st.info(
        "Nothing is handed in yet. Put a file of each student into one zip: it is read in memory, nothing in it is "
        "run, and a file that cannot be read keeps its row with the reason.",
        icon=":material/folder_zip:",
    )
    left, right = two_panes()
    with left:
        st.markdown("**The zip**")
        st.code(_TREE, language=None)
        st.caption(
            f"Up to {MAX_ENTRIES} files, in folders or not. The Architecture page saves the first kind, the Runs page "
            "and the command `pack` the third. A file's author is its folder, or else its name, unless the CSV says "
            "otherwise."
        )
    with right:
        st.markdown("**The CSV of claims**")
        st.code(_CLAIMS, language=None)
        st.caption(
            "Any of these columns, with `file` or `author` among them to find the network by. Commas, semicolons or "
            "tabs; an accuracy up to 1 is a share, above it percent."
        )
    st.caption(
        "Why ask for claims: of 44 receptive fields that people stated in public answers to this assignment, 18 were "
        "right, 7 only with the pooling window counted, and 19 wrong."
    )
