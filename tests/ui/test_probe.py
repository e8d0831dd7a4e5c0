"""The visitor against a small real server, whose pages do what pages should and should not do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cifar_core.cli.bench_dashboard import dashboard
from cifar_core.ui.probe import answer_requests

NAP_MS = 400
PAGES = {
    "main.py": "import streamlit as st\nst.header('Home')",
    "pages/good.py": """
import streamlit as st
st.metric("Parameters", f"{3 * st.slider('Width', 0, 100, 7, key='width'):,}")
st.session_state.runs = st.session_state.get("runs", 0) + 1
st.metric("Runs", st.session_state.runs)
st.query_params["seen"] = int(st.query_params.get("seen", 0)) + 1
st.metric("Seen", st.query_params["seen"])
st.metric("Entered", st.number_input("Page", 1, 9, key="page"))
st.warning("Only a warning.")
""",
    "pages/slow.py": f"import time\ntime.sleep({NAP_MS / 1_000})",
    "pages/twice.py": """
import streamlit as st
st.session_state.drafts = st.session_state.get("drafts", 0) + 1
if st.session_state.drafts % 2:
    st.metric("Draft", "unfinished")
    st.rerun()
st.header("Fair copy")
""",
    "pages/broken.py": "raise RuntimeError('torn')",
    "pages/refusing.py": "import streamlit as st\nst.error('The store is away.')",
    "pages/garbled.py": "this is no Python",
    "pages/breaking.py": """
import streamlit as st
if st.slider("Width", 0, 100, 7, key="width") > 50:
    raise RuntimeError("too wide")
""",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    for name, source in PAGES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(source)
    with dashboard(folder / "main.py", folder / "server.log", os.environ) as url:
        yield url


def answers(url: str, *requests: Mapping[str, object]) -> list[dict[str, Any]]:
    return list(answer_requests(url, (json.dumps(request) for request in requests)))


def move(page: str, value: float, metric: str = "Parameters") -> dict[str, object]:
    return {"page": page, "slider": "width", "value": value, "metric": metric}


def test_a_moved_slider_is_answered_with_the_new_figure(url: str) -> None:
    figures = [answer["metric"] for answer in answers(url, *(move("good", value) for value in (20, 90, 20)))]
    assert figures == ["60", "270", "60"]


def test_a_rerun_without_a_move_keeps_what_the_session_knows(url: str) -> None:
    moved, later = answers(url, move("good", 30), {"page": "good", "metric": "Parameters"})
    assert moved["metric"] == later["metric"] == "90"


def test_a_number_is_entered(url: str) -> None:
    request = {"page": "good", "number": "page", "metric": "Entered"}
    assert [answer["metric"] for answer in answers(url, *({**request, "value": value} for value in (4, 9)))] == [
        "4",
        "9",
    ]


def test_what_stands_behind_the_question_mark_reaches_the_page_in_a_tab_of_its_own(url: str) -> None:
    asked, plain = answers(url, {"page": "good?seen=6", "metric": "Seen"}, {"page": "good", "metric": "Seen"})
    assert (asked["metric"], plain["metric"]) == ("8", "2"), "one drawing to open it, one to answer"


def test_a_page_stays_open_and_is_drawn_once_a_request(url: str) -> None:
    runs = [answer["metric"] for answer in answers(url, *[{"page": "good", "metric": "Runs"}] * 3)]
    assert runs == ["2", "3", "4"], "the first drawing opens the page"


def test_what_a_page_writes_into_its_address_comes_back_to_it(url: str) -> None:
    assert [answer["metric"] for answer in answers(url, *[{"page": "good", "metric": "Seen"}] * 2)] == ["2", "3"]


def test_each_page_is_the_one_asked_for(url: str) -> None:
    good, slow, home, again = answers(url, *({"page": page, "metric": "Runs"} for page in ("good", "slow", "", "good")))
    assert {"slider", "metric", "alert"} <= set(good["elements"])
    assert "heading" not in good["elements"]
    assert slow["elements"] == []
    assert home["elements"] == ["heading"]
    assert again["metric"] == "3"


def test_the_time_is_that_of_the_script(url: str) -> None:
    (slow, quick) = answers(url, {"page": "slow"}, {"page": "good"})
    assert slow["ms"] >= NAP_MS
    assert 0 < quick["ms"] < slow["ms"]


def test_a_page_that_asks_for_another_run_is_done_when_that_is(url: str) -> None:
    (answer,) = answers(url, {"page": "twice", "metric": "Draft"})
    assert answer["elements"] == ["heading"]
    assert answer["metric"] is None


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("broken", "'broken' failed"),
        ("refusing", "The store is away."),
        ("garbled", "'garbled'"),
        ("nowhere", "no page 'nowhere'"),
    ],
)
def test_a_page_that_errs_is_a_failure_and_no_fast_rerun(url: str, page: str, words: str) -> None:
    (answer,) = answers(url, {"page": page})
    assert set(answer) == {"error"}
    assert words in answer["error"]


def test_a_page_that_errs_after_a_move_only_then_fails(url: str) -> None:
    fine, torn = answers(url, move("breaking", 40), move("breaking", 60))
    assert fine["ms"] > 0
    assert "'breaking' failed" in torn["error"]


def test_a_slider_that_is_not_there_is_a_failure(url: str) -> None:
    (answer,) = answers(url, {"page": "good", "slider": "depth", "value": 3})
    assert "no slider with the key 'depth'" in answer["error"]


def test_where_no_dashboard_answers_it_is_said(tmp_path: Path) -> None:
    (answer,) = answers("http://127.0.0.1:9", {"page": ""})
    assert "No dashboard answers at http://127.0.0.1:9" in answer["error"]
