from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.runs import Run, RunStore
from cifar_core.runs.package.pack import pack
from tests.classroom.handing_in import PRINTED, class_zip, member
from tests.pages.helpers import button_keys, go_to, links, metric, on_strip, open_page, says, shown, texts

pytestmark = pytest.mark.usefixtures("idle")

CLAIMS = b"file,author,params,receptive_field\nhonest.json,=Anna,97264,125\nnobody.txt,,1,\n"


def with_class(session: AppTest, content: bytes, name: str = "autumn.zip") -> AppTest:
    return shown(session.file_uploader("class-zip").set_value((name, content, "application/zip")).run())


def with_claims(session: AppTest, content: bytes = CLAIMS) -> AppTest:
    return shown(session.file_uploader("class-claims").set_value(("claims.csv", content, "text/csv")).run())


def table(session: AppTest) -> pd.DataFrame:
    found: pd.DataFrame = session.dataframe[0].value
    return found.set_index("file")


def saved(session: AppTest) -> list[Any]:
    return [element.proto for element in session.get("download_button")]


def test_without_a_class_the_page_tells_the_formats() -> None:
    session = open_page("class")
    assert says(session, "Nothing is handed in yet")
    zip_format, claims_format = (code.value for code in session.code)
    assert "never" not in zip_format
    assert ".cifarrun" in zip_format
    assert claims_format.startswith("file,author,params,receptive_field,accuracy\n")
    assert says(session, "of 44 receptive fields", "19 wrong")
    assert not session.dataframe
    assert not saved(session)


def test_a_class_is_a_table_with_a_row_a_file() -> None:
    content = class_zip(member("ben/model.txt", PRINTED.encode()), member("../evil.json"), member("dora.py", b"1/0"))
    session = with_class(open_page("class"), content)
    rows = table(session)
    assert list(rows.index) == ["../evil.json", "ben/model.txt", "dora.py", "honest.json"]
    assert rows.loc["honest.json", "parameters"] == 97_264
    assert rows.loc["honest.json", "field"] == 69
    assert rows.loc["ben/model.txt", "more"] == 9 - 45
    assert list(rows["rules"]) == ["not judged", "4 not met", "not judged", "met"]
    assert str(rows.loc["dora.py", "what is wrong"]).startswith("A .py file may run code")
    assert says(session, "dora.py: A .py file may run code")
    assert says(session, "evil.json: Its name leads out of the zip")
    assert metric(session, "Networks") == "2 of 4 files"
    assert metric(session, "Meet the network rules") == "1 of 2"
    (button,) = saved(session)
    assert button.label == "Save as CSV"


def test_claims_stand_beside_what_is_computed() -> None:
    session = with_claims(with_class(open_page("class"), class_zip(member("ben.txt", PRINTED.encode()))))
    anna = table(session).loc["honest.json"]
    assert (anna["author"], anna["params said"], anna["field said"]) == ("=Anna", "97,264, right", "125, wrong")
    assert metric(session, "Stated fields that are right") == "0 of 1"
    assert says(session, "Claims, line 3: 'nobody.txt' is none of the files here")


def test_limits_judge_anew() -> None:
    session = with_class(open_page("class"), class_zip())
    assert table(session).loc["honest.json", "rules"] == "met"
    shown(session.number_input("limit-field").set_value(69).run())
    assert (table(session).loc["honest.json", "rules"], table(session).loc["honest.json", "more"]) == ("1 not met", -1)


def test_identical_networks_are_told_with_their_preset() -> None:
    session = with_class(open_page("class"), class_zip(member("copy.json", class_spec("my own"))))
    assert list(table(session)["same"]) == ["A", "A"]
    assert says(session, "A: the presets seed-model-2 and seed-model-3 and copy.json, honest.json (by copy, honest).")


def class_spec(name: str) -> bytes:
    from tests.classroom.handing_in import PRESET_JSON

    return PRESET_JSON.replace('"seed-model-3"', f'"{name}"', 1).encode()


def test_a_network_is_put_on_the_workbench() -> None:
    session = with_class(open_page("class"), class_zip(member("ben.txt", PRINTED.encode())))
    shown(session.selectbox("class-one").set_value("ben.txt").run())
    assert says(session, "Receptive field: 9 (asked: ")
    assert says(session, "Read from printed text")
    shown(session.button("class-open").click().run())
    assert "Go on in the editor" in links(session)
    assert "2,146 parameters, field 9 px" in on_strip(session, "architecture")


def test_the_class_and_its_claims_stay_through_a_change_of_page() -> None:
    session = with_claims(with_class(open_page("class"), class_zip()))
    go_to(go_to(session, "home"), "class")
    assert table(session).loc["honest.json", "field said"] == "125, wrong"
    shown(session.button("put-away-class.kept-claims").click().run())
    assert "field said" not in table(session)
    shown(session.button("put-away-class.kept").click().run())
    assert says(session, "Nothing is handed in yet")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no zip", "autumn.zip cannot be read: it is no whole zip file."), (b"", "it is no whole zip file.")],
)
def test_what_is_no_class_is_one_sentence(content: bytes, words: str) -> None:
    session = with_class(open_page("class"), content)
    (error,) = session.error
    assert words in texts(session)[-1] or says(session, words)
    assert says(session, "Nothing is handed in yet")
    assert "Traceback" not in error.value
    session = with_class(session, class_zip())
    assert not session.error
    assert list(table(session).index) == ["honest.json"]


def test_claims_that_cannot_be_read_leave_the_table() -> None:
    session = with_claims(with_class(open_page("class"), class_zip()), b"mark\n1\n")
    assert says(session, "claims.csv has no column file or author")
    assert list(table(session).index) == ["honest.json"]


def test_accuracies_are_recomputed_on_a_click(trained: Callable[[str], Run]) -> None:
    run = trained("completed")
    with closing(RunStore()) as store:
        content = class_zip(member("eva.cifarrun", pack(store, run)))
    session = with_class(open_page("class"), content)
    before = table(session).loc["eva.cifarrun"]
    assert before["test is"] == "as told"
    shown(session.button("class-recompute").click().run())
    after = table(session).loc["eva.cifarrun"]
    assert (after["test is"], after["test"]) == ("recomputed", before["test"])
    assert session.button("class-recompute").disabled
    assert run.test_accuracy is not None
    assert after["test"] == pytest.approx(100 * run.test_accuracy)


def test_without_packages_there_is_nothing_to_recompute() -> None:
    assert "class-recompute" not in button_keys(with_class(open_page("class"), class_zip()))
