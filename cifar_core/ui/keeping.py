"""How a widget keeps its value."""

from __future__ import annotations

from typing import Any

KEPT: dict[str, Any] = {"bind": "query-params", "persist_state": "session"}
"""In the URL, so that it can be shared and survives a reload, and through changes of page."""
