"""The class's files: a zip of what was handed in, and what the students say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from cifar_core.classroom.claims import Claims, read_claims
from cifar_core.classroom.submissions import Submission, read_submissions
from cifar_core.classroom.weights import Recomputed
from cifar_core.errors import LabError
from cifar_core.words import counted, plain

MEGABYTES = 64
"""Of a class's zip: a run package takes about one. The server's own limit is the same; the command takes more."""
_ZIP, _CLAIMS = "class-zip", "class-claims"
_KEPT, _KEPT_CLAIMS, _PROBLEM = "class.kept", "class.kept-claims", "class.problem"


@dataclass(frozen=True, slots=True)
class BroughtClass:
    """A zip that a teacher brought, read."""

    name: str
    content: bytes
    submissions: tuple[Submission, ...]
    recomputed: dict[str, Recomputed] = field(default_factory=dict)
    """Accuracies from weights, by file, as far as they were asked for."""


def choose_class() -> tuple[BroughtClass | None, Claims]:
    """Two boxes for files; what came last is kept through changes of page, and what is refused is told in a sentence.

    Returns:
        The class, None if there is none yet; and the claims, empty without.
    """
    row = st.container(horizontal=True, gap="medium")
    with row.container(width="stretch"):
        _upload("What was handed in, as a zip", _ZIP, "zip", MEGABYTES, _take_class)
        brought: BroughtClass | None = st.session_state.get(_KEPT)
        _tell_kept(_KEPT, None if brought is None else f"{plain(brought.name)}: {_files(brought)}")
    with row.container(width="stretch"):
        _upload("Claims, as a CSV (optional)", _CLAIMS, "csv", 1, _take_claims)
        name, claims = st.session_state.get(_KEPT_CLAIMS, ("", None))
        _tell_kept(_KEPT_CLAIMS, None if claims is None else f"{plain(name)}: {counted(len(claims.claims), 'line')}")
    return brought, claims or Claims()


def _files(brought: BroughtClass) -> str:
    return counted(len(brought.submissions), "file")


def _upload(label: str, key: str, kind: str, megabytes: int, take: Callable[[str, bytes], None]) -> None:
    file = st.file_uploader(
        label, type=[kind], key=key, max_upload_size=megabytes, on_change=_take_upload, args=(key, take)
    )
    problem = f"{_PROBLEM}.{key}"
    if file is None:  # taken away, or the page was left
        st.session_state.pop(problem, None)
    if problem in st.session_state:
        st.error(plain(st.session_state[problem]), icon=":material/error:")


def _tell_kept(key: str, sentence: str | None) -> None:
    """What is looked at: the box above is empty again after a change of page."""
    if sentence is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/check: {sentence}", width="content")
        st.button("Put away", key=f"put-away-{key}", type="tertiary", on_click=st.session_state.pop, args=(key, None))


def _take_upload(key: str, take: Callable[[str, bytes], None]) -> None:
    file = st.session_state[key]
    if file is None:
        return
    st.session_state.pop(f"{_PROBLEM}.{key}", None)
    try:
        take(file.name, file.getvalue())
    except LabError as error:
        st.session_state[f"{_PROBLEM}.{key}"] = str(error)


def _take_class(name: str, content: bytes) -> None:
    st.session_state.pop(_KEPT, None)  # the table of another class under this one's name would mislead
    st.session_state[_KEPT] = BroughtClass(name, content, read_submissions(content, name))


def _take_claims(name: str, content: bytes) -> None:
    st.session_state.pop(_KEPT_CLAIMS, None)
    st.session_state[_KEPT_CLAIMS] = (name, read_claims(content, name))
