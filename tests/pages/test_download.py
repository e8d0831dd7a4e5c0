from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.data import dataset_status, load_dataset
from cifar_core.data.download import DatasetDownload, running_download, start_download
from cifar_core.data.fetch import PART, bytes_kept
from tests.archive_server import ArchiveServer
from tests.conftest import CIFAR10_FOLDER
from tests.pages.helpers import go_to, open_page, says, shown, texts

BUTTON = "Download CIFAR-10 (170 MB)"
HALF = 50_000


@pytest.fixture(autouse=True)
def own_folder(no_cifar10: Path) -> Iterator[Path]:
    """A data folder for each test, because these fill it."""
    yield no_cifar10
    for thread in threading.enumerate():
        if isinstance(thread, DatasetDownload):
            thread.cancel()
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def digits_stand_for_the_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small archive holds no images: where a page loads them, it gets digits."""
    monkeypatch.setattr("cifar_core.ui.resources.dataset", lambda name: load_dataset("digits"))


def buttons(session: AppTest) -> list[str]:
    return [button.label for button in session.main.button if "cifar10" in str(button.key)]


def options(session: AppTest) -> list[str]:
    found: list[str] = session.selectbox("samples-from").options
    return found


def finished() -> None:
    """Waits for the download's end."""
    download = running_download()
    if download is not None:
        download.join(20)
        assert not download.is_alive()


def test_where_cifar10_is_missing_it_is_offered_with_the_folder(own_folder: Path) -> None:
    session = open_page("augmentation")
    assert says(session, "CIFAR-10 is not here: digits stand in.", str(own_folder), "cifar-10-python.tar.gz")
    assert buttons(session) == [BUTTON]
    assert not says(session, "have come already")
    assert running_download() is None, "nothing is downloaded that nobody asked for"


def test_a_press_downloads_and_the_page_gets_the_images(official: ArchiveServer) -> None:
    official.hold_after = HALF
    session = open_page("augmentation")
    shown(session.button("download-cifar10").click().run())
    assert official.holding.wait(20)
    shown(session.run())
    assert buttons(session) == ["Cancel"]
    assert says(session, "CIFAR-10 is being downloaded")
    official.go_on.set()
    finished()
    shown(session.run())
    assert dataset_status("cifar10", verify=True).available
    assert options(session) == ["CIFAR-10", "Handwritten digits"]
    assert buttons(session) == []
    assert [toast.value for toast in session.toast] == ["CIFAR-10 is here: choose it as the data set."]
    shown(session.run())
    assert not session.toast, "it is told once"
    assert len(official.asked) == 1


def test_the_bar_tells_what_came_of_how_much_and_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    server = ArchiveServer(file_bytes=500_000)
    server.stand_for_the_official_one(monkeypatch)
    server.hold_after = 2_000_000
    monkeypatch.setattr(DatasetDownload, "seconds_left", 80.4)
    session = open_page("augmentation")
    shown(session.button("download-cifar10").click().run())
    try:
        assert server.holding.wait(20)
        deadline = time.monotonic() + 20
        while bytes_kept() < server.hold_after and time.monotonic() < deadline:
            time.sleep(0.01)
        shown(session.run())
        (bar,) = session.get("progress")
        assert bar.proto.text == "2 MB of 4 MB  ·  about 1 m 20 s left"
        assert bar.proto.value == round(100 * 2_000_000 / len(server.archive))
    finally:
        server.close()
        finished()


def test_the_rest_of_the_page_works_meanwhile_and_other_pages_too(official: ArchiveServer) -> None:
    official.hold_after = HALF
    session = open_page("augmentation")
    shown(session.button("download-cifar10").click().run())
    shown(session.number_input("draw").set_value(3).run())
    assert session.number_input("draw").value == 3
    go_to(session, "architecture")
    go_to(session, "augmentation")
    assert buttons(session) == ["Cancel"]
    assert len(official.asked) == 1


def test_a_download_that_another_visitor_started_is_shown(official: ArchiveServer) -> None:
    official.hold_after = HALF
    start_download()
    session = open_page("augmentation")
    assert buttons(session) == ["Cancel"]
    official.go_on.set()
    finished()
    shown(session.run())
    assert session.toast


def test_cancelling_keeps_what_came_and_the_next_press_goes_on(own_folder: Path, official: ArchiveServer) -> None:
    (own_folder / PART).write_bytes(official.archive[:HALF])
    official.seconds_a_piece = 0.1
    session = open_page("augmentation")
    assert says(session, "have come already: the download goes on from there")
    shown(session.button("download-cifar10").click().run())
    shown(session.button("cancel-cifar10").click().run())
    finished()
    shown(session.run())
    assert buttons(session) == [BUTTON]
    assert not session.error
    assert bytes_kept() >= HALF
    official.seconds_a_piece = 0.0
    shown(session.button("download-cifar10").click().run())
    finished()
    shown(session.run())
    assert official.asked[0] == f"bytes={HALF}-"
    assert options(session) == ["CIFAR-10", "Handwritten digits"]


def test_a_failure_is_told_until_it_is_tried_again(own_folder: Path, official: ArchiveServer) -> None:
    official.status = 503
    session = open_page("augmentation")
    session.button("download-cifar10").click().run()
    finished()
    for _ in range(2):
        shown(session.run())
        assert buttons(session) == ["Try again"]
        assert says(
            session, "could not be fetched", str(own_folder), "the server answered 503", "put cifar-10-python.tar.gz"
        )
    official.status = None
    shown(session.button("download-cifar10").click().run())
    finished()
    shown(session.run())
    assert not session.error
    assert options(session) == ["CIFAR-10", "Handwritten digits"]


def test_a_folder_with_signs_of_markdown_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "my_data *here*"
    monkeypatch.setenv("CIFAR_LAB_DATA", str(folder))
    session = open_page("augmentation")
    assert any(str(folder) in text for text in texts(session))


@pytest.mark.cifar10
def test_where_cifar10_is_nothing_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIFAR_LAB_DATA", str(CIFAR10_FOLDER))
    assert buttons(open_page("augmentation")) == []
