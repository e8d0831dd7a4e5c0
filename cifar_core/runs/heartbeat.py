"""Holding a device: a thread counts for it while it is held."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cifar_core.errors import StoreError
from cifar_core.runs.beats import BEAT_SECONDS
from cifar_core.runs.lease import Lease, device_key
from cifar_core.runs.records import Claim

if TYPE_CHECKING:
    from cifar_core.runs.store import RunStore


class HeldDevice(threading.Thread):
    """A lease, and the claim of the run that trains under it, renewed every `BEAT_SECONDS` from a thread of its own.

    A training step can keep every other thread of its program waiting for long, but not for as long as a lease lasts.
    """

    def __init__(self, store: RunStore, lease: Lease) -> None:
        super().__init__(name=f"cifar-lab-heartbeat {lease.device}", daemon=True)
        self.lease = lease
        self.claim: Claim | None = None
        """Of the run that trains now."""
        self._store = store
        self._released = threading.Event()
        self._lost = threading.Event()

    @property
    def is_lost(self) -> bool:
        """Whether the device is somebody else's by now: whoever trains on it must leave it."""
        return self._lost.is_set()

    def run(self) -> None:
        """The thread's body."""
        while not self._released.wait(BEAT_SECONDS):
            try:
                claim = self.claim
                if not self._store.leases.renew(self.lease):
                    self._lost.set()
                    return
                if claim is not None:
                    self._store.beat(claim)
            except StoreError as error:  # the database may be away for a while; the next beat tries again
                logging.getLogger(__name__).warning("%s", error)

    def release(self) -> None:
        """Ends the thread and gives the device back."""
        self._released.set()
        self.join()
        with contextlib.suppress(StoreError):  # the next holder here knows, others wait for the count to stand still
            self._store.leases.release(self.lease)


@contextmanager
def hold_device(store: RunStore, wanted: str) -> Iterator[HeldDevice | None]:
    """Holds the device that a run wants ("auto", "cpu", "cuda") for the block; gives None if somebody else does."""
    with hold(store, device_key(wanted)) as held:
        yield held


@contextmanager
def hold(store: RunStore, key: str) -> Iterator[HeldDevice | None]:
    """The same for anything that one program at a time may do, by a key of its own."""
    lease = store.leases.take(key)
    if lease is None:
        yield None
        return
    held = HeldDevice(store, lease)
    held.start()
    try:
        yield held
    finally:
        held.release()
