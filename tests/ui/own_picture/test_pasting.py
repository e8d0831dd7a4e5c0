from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest

from cifar_core.errors import DataError
from cifar_core.ui.own_picture import pasting
from cifar_core.ui.own_picture.pasting import Pasted, decoded, paste_picture


def test_what_a_browser_sent_is_decoded() -> None:
    content = bytes(range(256))
    assert decoded(base64.b64encode(content).decode(), "It") == content


@pytest.mark.parametrize("sent", ["*", "abc", "data:image/png;base64,AAAA", "ä" * 4, ["AAAA"], {"a": 1}, 7])
def test_what_is_not_base64_is_refused(sent: object) -> None:
    with pytest.raises(DataError, match="It is not a picture"):
        decoded(sent, "It")


def test_too_much_is_refused() -> None:
    with pytest.raises(DataError, match="too large"):
        decoded("A" * 14_000_004, "It")


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (None, None),
        ({"picture": "AAAA", "isScaled": True}, Pasted(bytes(3), is_scaled=True)),
        ({"picture": "AAAA"}, Pasted(bytes(3), is_scaled=False)),
        ({"picture": "AAAA", "isScaled": "no"}, Pasted(bytes(3), is_scaled=False)),
    ],
)
def test_a_paste_tells_whether_it_was_scaled(
    monkeypatch: pytest.MonkeyPatch, sent: object, told: Pasted | None
) -> None:
    monkeypatch.setattr(pasting, "_component", lambda **options: SimpleNamespace(pasted=sent))
    assert paste_picture("paste") == told


@pytest.mark.parametrize("sent", ["AAAA", {"isScaled": True}, [], {"picture": 3}])
def test_a_paste_of_another_shape_is_refused(monkeypatch: pytest.MonkeyPatch, sent: object) -> None:
    monkeypatch.setattr(pasting, "_component", lambda **options: SimpleNamespace(pasted=sent))
    with pytest.raises(DataError):
        paste_picture("paste")
