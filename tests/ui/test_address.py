"""The URL against a browser that hears of it late."""

from __future__ import annotations

import random
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from cifar_core.ui import address

State = dict[str, object]


class Browser:
    """Sends its URL with every click, and hears what the server wrote some clicks later."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url: dict[str, str] = {}
        self.late: list[dict[str, str]] = []
        self.session: State = {}
        self._monkeypatch = monkeypatch

    def click(self, script: Callable[[], None], page: str = "Runs") -> None:
        params = Params(self.url, self.late)
        self._monkeypatch.setattr(address, "st", SimpleNamespace(query_params=params, session_state=self.session))
        address.enter_page(page)
        script()

    def hear(self, messages: int | None = None) -> None:
        heard = self.late[:messages]
        del self.late[: len(heard)]
        if heard:
            self.url = heard[-1]


class Params(dict[str, str]):
    """As `st.query_params`: each change sends the whole of it."""

    def __init__(self, told: dict[str, str], sent: list[dict[str, str]]) -> None:
        super().__init__(told)
        self._sent = sent

    def get_all(self, name: str) -> list[str]:
        return [self[name]] if self.get(name) else []

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name, value)
        self._sent.append({key: each for key, each in self.items() if each})

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._sent.append({key: each for key, each in self.items() if each})


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    return Browser(monkeypatch)


def writing(value: str | None) -> Callable[[], None]:
    return lambda: address.write("run", value)


def reading(into: list[str | None]) -> Callable[[], None]:
    return lambda: into.append(address.linked("run"))


def test_a_click_before_the_browser_heard_does_not_bring_the_former_value_back(browser: Browser) -> None:
    read: list[str | None] = []
    browser.click(writing("a"))
    browser.hear()
    browser.click(writing("a,b"))
    browser.click(reading(read))
    assert read == ["a,b"]


def test_what_is_written_again_before_the_browser_heard_of_its_removal_stands_in_the_end(browser: Browser) -> None:
    browser.click(writing("a"))
    browser.hear()
    browser.click(writing(None))
    browser.click(writing("a"))
    browser.hear()
    assert browser.url == {"run": "a"}


def test_what_is_removed_before_the_browser_heard_of_it_is_gone_in_the_end(browser: Browser) -> None:
    browser.click(writing("a"))
    browser.click(writing(None))
    browser.hear()
    assert browser.url == {}


def test_a_link_opened_on_the_page_counts(browser: Browser) -> None:
    read: list[str | None] = []
    browser.click(writing("a"))
    browser.hear()
    browser.url = {"run": "from-a-colleague"}
    browser.click(reading(read))
    assert read == ["from-a-colleague"]


def test_a_former_value_is_a_link_again_on_another_page_and_back(browser: Browser) -> None:
    read: list[str | None] = []
    for value in ("a", "b"):
        browser.click(writing(value))
    browser.hear()
    browser.url = {}
    browser.click(reading([]), page="Mistakes")
    browser.url = {"run": "a"}
    browser.click(reading(read))
    assert read == ["a"]


def test_nothing_is_sent_where_nothing_changes(browser: Browser) -> None:
    browser.click(writing("a"))
    browser.hear()
    browser.click(writing("a"))
    browser.click(writing("a"))
    assert browser.late == []


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_browser_hears_when_it_ends_with_what_was_written_last(browser: Browser, seed: int) -> None:
    draws = random.Random(seed)
    for _ in range(60):
        value = draws.choice((None, "a", "b", "c"))
        read: list[str | None] = []

        def script(value: str | None = value, read: list[str | None] = read) -> None:
            address.write("run", value)
            address.write("view", value and value * 2)
            reading(read)()

        browser.click(script)
        assert read == [value]
        browser.hear(draws.randrange(4))
    browser.hear()
    assert browser.url == ({} if value is None else {"run": value, "view": value * 2})
