"""A teacher's class in a real browser."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.classroom.handing_in import PRINTED, class_zip, member
from tests.pages.browser import STILL, Visitor, fill_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_teacher_uploads_a_class_sets_a_limit_and_saves_the_table(visitor: Visitor, tmp_path: Path) -> None:
    padding = member("essay.docx", bytes(range(256)) * 60_000)  # more than the 10 MB that other uploads may have
    padding[0].compress_type = 0
    content = class_zip(member("ben/model.txt", PRINTED.encode()), member("evil.py", b"1/0"), padding)
    (tmp_path / "autumn.zip").write_bytes(content)
    (tmp_path / "claims.csv").write_text("file,author,receptive_field\nhonest.json,=Anna,125\n")
    visitor.open("class")
    expect(visitor.main.get_by_text("Nothing is handed in yet")).to_be_visible()
    visitor.widget("class-zip").locator("input[type=file]").set_input_files(tmp_path / "autumn.zip")
    expect(visitor.metric("Networks")).to_have_text("2 of 4 files")
    visitor.widget("class-claims").locator("input[type=file]").set_input_files(tmp_path / "claims.csv")
    expect(visitor.metric("Stated fields that are right")).to_have_text("0 of 1")
    expect(visitor.main.get_by_text("evil.py: A .py file may run code")).to_be_visible()
    expect(visitor.metric("Meet the network rules")).to_have_text("1 of 2")
    visitor.main.get_by_role("button", name="Limits").click()
    box = visitor.page.get_by_role("spinbutton", name="Receptive field above, px")
    fill_in(box, "69")
    expect(visitor.metric("Meet the network rules")).to_have_text("0 of 2")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator(STILL)).to_be_attached()  # the file is made behind the figures
    with visitor.page.expect_download() as download:
        visitor.main.get_by_role("button", name="Save as CSV").click()
    assert download.value.suggested_filename == "autumn.csv"
    download.value.save_as(tmp_path / "saved.csv")
    rows = list(csv.DictReader((tmp_path / "saved.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["file"]: row["author"] for row in rows}["honest.json"] == "'=Anna"
    assert {row["file"]: row["field_margin"] for row in rows}["honest.json"] == "-1"
    visitor.page.set_viewport_size({"width": 800, "height": 900})
    assert visitor.overflow() == 0
    visitor.main.get_by_role("button", name="Put on the workbench").click()
    visitor.main.get_by_role("link", name="Go on in the editor").click()
    visitor.expect_page("architecture")
