"""Whether somebody who counts while it lives still counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

BEAT_SECONDS = 5.0
"""How often a living owner counts."""
LEASE_SECONDS = 20.0
"""How long a count may stand still before its owner is taken for gone."""
MAX_GAP_SECONDS = 2 * BEAT_SECONDS
"""Longest time between two looks that tell of what lay between them."""


class BeatWatch:
    """Remembers counts and since when they stand still.

    By the watcher's own steady clock, never by a time that the other one wrote: clocks of two machines differ, and a
    clock may be set back. So a watcher knows only after `LEASE_SECONDS` of watching, and of watching often: one that
    has not looked for a while may have been stopped itself, and the other one with it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[Hashable, tuple[Hashable, float, float]] = {}
        """The count by key, since when it stands still, and when it was looked at last."""
        self._lock = threading.Lock()

    def stands_still(self, key: Hashable, count: Hashable) -> bool:
        """Whether this count of `key` has not changed for longer than a lease lasts."""
        with self._lock:
            now = self._clock()
            before, since, looked = self._seen.get(key, (None, now, now))
            if count != before or now - looked > MAX_GAP_SECONDS:
                since = now
            self._seen[key] = (count, since, now)
            return now - since > LEASE_SECONDS
