"""The picture in the browser's tab."""

from __future__ import annotations

from cifar_core.ui.colors import NEUTRAL, PALETTE

_SIDE, _STEP = 6, 8
_SEEN, _PASSED_OVER = PALETTE[0], NEUTRAL


def tab_icon() -> str:
    """A dilated 3x3 kernel as SVG. A Material icon, or an emoji, would be fetched from the internet for the tab."""
    squares = "".join(
        f'<rect x="{1 + across * _STEP}" y="{1 + down * _STEP}" width="{_SIDE}" height="{_SIDE}" rx="1.5" '
        f'fill="{_SEEN if across % 2 == down % 2 == 0 else _PASSED_OVER}" '
        f'fill-opacity="{1 if across % 2 == down % 2 == 0 else 0.35}"/>'
        for down in range(5)
        for across in range(5)
    )
    side = 5 * _STEP
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}">{squares}</svg>'
