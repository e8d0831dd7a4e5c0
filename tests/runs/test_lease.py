"""One holder of a device among all programs that use a store."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.runs import RunStore, beats, heartbeat
from cifar_core.runs.beats import LEASE_SECONDS, BeatWatch
from cifar_core.runs.heartbeat import hold_device
from cifar_core.runs.lease import Lease, device_key
from cifar_core.runs.owner import Owner
from tests.tiny import PROJECT

HOLDER = """
import sys, time
from pathlib import Path
from cifar_core.runs import RunStore
from cifar_core.runs.lease import device_key
lease = RunStore(folder=Path(sys.argv[1])).leases.take(device_key("cpu"))
print(lease is not None, flush=True)
time.sleep(600)
"""


class Clock:
    """A steady clock in a test's hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with closing(RunStore(folder=tmp_path / "runs")) as store:
        yield store


def watched(store: RunStore, clock: Clock, lease: Lease, seconds: float) -> None:
    """Tries to take a device every second, in vain."""
    for _ in range(int(seconds) + 1):
        assert store.leases.take(lease.device) is None
        clock.now += 1


def held_by_another_host(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> Lease:
    """A lease whose holder nobody here can look at."""
    key = device_key("cpu")
    with monkeypatch.context() as there:
        there.setattr(socket, "gethostname", lambda: "elsewhere")
        lease = store.leases.take(key)
    assert lease is not None
    return lease


def test_a_device_has_one_holder_until_it_is_released(store: RunStore) -> None:
    key = device_key("cpu")
    first = store.leases.take(key)
    assert first is not None
    with closing(RunStore(folder=store.folder)) as other:
        assert other.leases.take(key) is None
        assert other.leases.holder(key) == Owner.this_process()
        store.leases.release(first)
        assert other.leases.holder(key) is None
        second = other.leases.take(key)
    assert second is not None
    assert second.fence == first.fence + 1


def test_another_device_has_its_own_holder(store: RunStore) -> None:
    assert store.leases.take("host/cpu") is not None
    assert store.leases.take("host/cuda") is not None


def test_of_many_processes_one_gets_the_device_and_a_killed_one_loses_it_at_once(store: RunStore) -> None:
    command = [sys.executable, "-c", HOLDER, str(store.folder)]
    processes = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    try:
        got = [process.stdout.readline().strip() for process in processes if process.stdout is not None]
        assert sorted(got) == ["False", "False", "False", "True"]
        assert store.leases.take(device_key("cpu")) is None
        processes[got.index("True")].kill()
        processes[got.index("True")].wait()
        assert store.leases.take(device_key("cpu")) is not None
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_lost_lease_can_be_neither_renewed_nor_released(store: RunStore) -> None:
    key = device_key("cpu")
    first = store.leases.take(key)
    assert first is not None
    store.leases.release(first)
    second = store.leases.take(key)
    assert second is not None
    assert not store.leases.renew(first)
    store.leases.release(first)
    assert store.leases.holder(key) is not None
    assert store.leases.renew(second)


def test_a_holder_out_of_sight_that_counts_no_more_loses_the_device(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    store.leases._watch = BeatWatch(clock)
    lease = held_by_another_host(store, monkeypatch)
    watched(store, clock, lease, LEASE_SECONDS - 1)
    assert store.leases.renew(lease)
    watched(store, clock, lease, LEASE_SECONDS - 1)
    clock.now += 2
    assert store.leases.take(lease.device) is not None
    assert not store.leases.renew(lease)


def test_a_holder_that_slept_goes_on_if_nobody_took_the_device(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    store.leases._watch = BeatWatch(clock)
    lease = held_by_another_host(store, monkeypatch)
    clock.now += 10 * LEASE_SECONDS
    assert store.leases.renew(lease)
    assert store.leases.take(lease.device) is None


def test_a_watcher_that_has_just_come_waits_as_long_as_a_lease_lasts() -> None:
    clock = Clock()
    watch = BeatWatch(clock)
    for _ in range(int(LEASE_SECONDS) + 1):
        assert not watch.stands_still("device", (1, 5))
        clock.now += 1
    assert watch.stands_still("device", (1, 5))
    assert not watch.stands_still("device", (2, 5)), "another holder's count begins anew"


def test_a_watcher_that_was_stopped_itself_begins_to_watch_anew() -> None:
    clock = Clock()
    watch = BeatWatch(clock)
    assert not watch.stands_still("device", (1, 5))
    clock.now += 1000
    assert not watch.stands_still("device", (1, 5)), "both may have been stopped"
    for _ in range(int(LEASE_SECONDS) + 1):
        assert not watch.stands_still("device", (1, 5))
        clock.now += 1
    assert watch.stands_still("device", (1, 5))


def test_a_held_device_is_counted_for_and_given_back(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    counted: list[bool] = []
    real = store.leases.renew

    def renew(lease: Lease) -> bool:
        counted.append(real(lease))
        return counted[-1]

    monkeypatch.setattr(store.leases, "renew", renew)
    with hold_device(store, "cpu") as held:
        assert held is not None
        with hold_device(store, "cpu") as second:
            assert second is None
        while len(counted) < 3:
            held.join(0.01)
        assert not held.is_lost
    assert not held.is_alive()
    assert store.leases.holder(device_key("cpu")) is None


def test_who_lost_the_device_is_told(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)
    with hold_device(store, "cpu") as held:
        assert held is not None
        store.leases.release(held.lease)
        taken = store.leases.take(held.lease.device)
        assert taken is not None
        held.join(10)
        assert held.is_lost
    assert store.leases.renew(taken), "its new holder keeps it"


def test_a_lease_outlives_a_locked_database() -> None:
    assert beats.LEASE_SECONDS > beats.BEAT_SECONDS + 10
