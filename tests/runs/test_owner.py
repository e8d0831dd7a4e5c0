from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from cifar_core.runs.owner import Owner


@pytest.fixture
def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_this_process_has_not_vanished() -> None:
    assert not Owner.this_process().has_vanished()


def test_a_dead_process_has(dead_pid: int) -> None:
    assert replace(Owner.this_process(), pid=dead_pid).has_vanished()


def test_a_later_process_with_the_same_id_is_another_one() -> None:
    me = Owner.this_process()
    assert replace(me, started=me.started - 60).has_vanished()


def test_a_process_of_another_host_never_has(dead_pid: int) -> None:
    assert not Owner("another-host", dead_pid, 0.0).has_vanished()


def test_nobody_has_vanished() -> None:
    assert not Owner("", 0, 0.0).has_vanished()


def test_a_killed_process_that_nobody_waited_for_has_vanished() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = Owner.of(psutil.Process(process.pid))
    assert not owner.has_vanished()
    process.kill()
    deadline = time.monotonic() + 20
    while not owner.has_vanished() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert owner.has_vanished()
    process.communicate()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a start is only known as a time of day")
def test_a_clock_that_is_set_makes_nobody_vanish(monkeypatch: pytest.MonkeyPatch) -> None:
    me = Owner.this_process()
    monkeypatch.setattr(psutil.Process, "create_time", lambda process: 0.0)
    assert not me.has_vanished()
