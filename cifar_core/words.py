"""Numbers and times as every page writes them."""

from __future__ import annotations

import re
from datetime import datetime


def count(number: int | None) -> str:
    """97264 as "97,264"; a dash for None."""
    return "-" if number is None else f"{number:,}"


def percent(share: float | None) -> str:
    """0.854 as "85.4 %"; a dash for None."""
    return "-" if share is None else f"{100 * share:.1f} %"


def macs(number: int) -> str:
    """26361600 as "26.4 M"; few ones in full."""
    return f"{number / 1e6:.1f} M" if number >= 1e5 else count(number)


def duration(seconds: float | None) -> str:
    """80 as "1 m 20 s", 8000 as "2 h 13 m"; a dash for None."""
    if seconds is None:
        return "-"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} m"


def plain(text: str) -> str:
    """A person's text with Markdown's signs made harmless: a run's name must not become a link or a picture."""
    return re.sub(r"([\\`*_{}\[\]<>#|~:$!])", r"\\\1", text)


def moment(time: datetime | None) -> str:
    """A UTC time as "2026-11-22 15:10"."""
    return "-" if time is None else f"{time:%Y-%m-%d %H:%M}"
