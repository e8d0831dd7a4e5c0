"""Optuna's side of a sweep."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cifar_core.sweeps.study import FILE, Study
from tests.sweeps.conftest import tiny_sweep
from tests.together import let_go

OPEN = """
import sys
from pathlib import Path
from cifar_core.sweeps.study import Study
from tests.sweeps.conftest import tiny_sweep
print("ready", flush=True)
input()
print(len(Study(Path(sys.argv[1]), "same", tiny_sweep()).trials()))
"""


def test_threads_that_look_at_a_new_sweep_at_once_all_see_it(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        opened = [threads.submit(Study, tmp_path / FILE, f"sweep{number % 2}", tiny_sweep()) for number in range(4)]
    assert [study.result().trials() for study in opened] == [[]] * 4


def test_processes_that_make_the_file_at_once_all_open_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(tmp_path / FILE)]
    pipe = subprocess.PIPE
    openers = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
    try:
        let_go(openers)
        assert [opener.communicate(timeout=120)[0] for opener in openers] == ["0\n"] * 4
    finally:
        for opener in openers:
            opener.kill()
