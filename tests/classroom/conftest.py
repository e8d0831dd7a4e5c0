from __future__ import annotations

from tests.runs.package.conftest import completed, package

__all__ = ["completed", "package"]
