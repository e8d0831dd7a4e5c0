"""Numbers and times as every page writes them."""

from __future__ import annotations

import re
from datetime import datetime


def count(number: int | None) -> str:
    """97264 as "97,264"; a dash for None."""
    return "-" if number is None else f"{number:,}"


def counted(number: int, noun: str) -> str:
    """1 and "epoch" as "1 epoch", 8 as "8 epochs"."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def percent(share: float | None) -> str:
    """0.854 as "85.4 %"; a dash for None."""
    return "-" if share is None else f"{100 * share:.1f} %"


def macs(number: int) -> str:
    """26361600 as "26.4 M"; few ones in full."""
    return f"{number / 1e6:.1f} M" if number >= 1e5 else count(number)


def megabytes(size: int) -> str:
    """170498071 bytes as "170 MB"."""
    return f"{size / 1e6:.0f} MB"


def duration(seconds: float | None) -> str:
    """80 as "1 m 20 s", 8000 as "2 h 13 m"; a dash for None."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02} m"


JOINER = "\u2060"
"""Has no width and no meaning but that nothing may be broken here."""
_CONTROL_SIGNS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def plain(text: str) -> str:
    """A person's text with Markdown's signs made harmless: a run's name must not become a link, a picture or a list."""
    # GitHub's Markdown finds addresses also where every sign is escaped: a joiner inside makes them none.
    text = re.sub(r"(?i)\b(www)(?=\.)|(:)(?=//)|(?=@)", rf"\1\2{JOINER}", " ".join(text.splitlines()))
    return re.sub(r"([\\`*_{}\[\]<>#|~:$!&])", r"\\\1", text)


def without_control_signs(text: str) -> str:
    """Without what commands a terminal; tabs and line feeds stay."""
    return _CONTROL_SIGNS.sub("", text)


def moment(time: datetime | None) -> str:
    """A UTC time as "2026-11-22 15:10"."""
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M}"
