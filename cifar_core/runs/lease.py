"""The right to train on a device: one holder among all programs that use a store."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, select

from cifar_core.machine import training_device
from cifar_core.runs.beats import BeatWatch
from cifar_core.runs.database import Database
from cifar_core.runs.owner import Owner
from cifar_core.runs.tables import DeviceLeaseRow


@dataclass(frozen=True, slots=True)
class Lease:
    """Held until it is released, or its holder is gone; a later one raises the fence."""

    device: str
    fence: int


def device_key(wanted: str) -> str:
    """The device of this host that a run of `device` "auto", "cpu" or "cuda" trains on, told from other hosts'."""
    return f"{Owner.this_process().host}/{training_device(wanted)}"


class DeviceLeases:
    """Takes, renews and releases the leases of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watch = BeatWatch()
        self._given_back: set[Lease] = set()
        """What the store could not be told yet: a holder that lives on must not keep itself waiting."""

    def take(self, device: str) -> Lease | None:
        """The lease, unless somebody else holds it.

        A holder of this host that is gone has lost it at once, one that counts no more after `LEASE_SECONDS`.
        """
        owner = Owner.this_process()
        with self._database.writing() as session:
            row = session.get(DeviceLeaseRow, device)
            if row is None:
                row = DeviceLeaseRow(device=device, fence=0, beat=0)
                session.add(row)
            elif self._is_held(row) and Lease(device, row.fence) not in self._given_back:
                return None
            row.fence += 1
            row.owner_host, row.owner_pid, row.owner_started = owner.host, owner.pid, owner.started
            return Lease(device, row.fence)

    def renew(self, lease: Lease) -> bool:
        """Counts on; False if it is somebody else's by now. After a sleep it still is the holder's own."""
        with self._database.writing() as session:
            row = session.scalar(_current(lease))
            if row is not None:
                row.beat += 1
            return row is not None

    def release(self, lease: Lease) -> None:
        """Gives it back, if it still is the holder's.

        Raises:
            StoreError: the store cannot be told; the next to take it through this object gets it all the same.
        """
        self._given_back.add(lease)
        with self._database.writing() as session:
            row = session.scalar(_current(lease))
            if row is not None:
                row.owner_host = row.owner_pid = row.owner_started = None
        self._given_back.discard(lease)

    def holder(self, device: str) -> Owner | None:
        """Who holds it; None while it is free."""
        with self._database.reading() as session:
            row = session.get(DeviceLeaseRow, device)
            return _owner(row) if row is not None and self._is_held(row) else None

    def _is_held(self, row: DeviceLeaseRow) -> bool:
        owner = _owner(row)
        if owner is None or owner.has_vanished():
            return False
        if owner == Owner.this_process():
            return True
        return not self._watch.stands_still(row.device, (row.fence, row.beat))


def _current(lease: Lease) -> Select[DeviceLeaseRow]:
    return select(DeviceLeaseRow).where(DeviceLeaseRow.device == lease.device, DeviceLeaseRow.fence == lease.fence)


def _owner(row: DeviceLeaseRow) -> Owner | None:
    if row.owner_host is None or row.owner_pid is None or row.owner_started is None:
        return None
    return Owner(row.owner_host, row.owner_pid, row.owner_started)
