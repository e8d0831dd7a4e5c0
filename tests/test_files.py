from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cifar_core.errors import StoreError
from cifar_core.files import make_folder, write_atomically


class FailingCall:
    """Lets the os functions of writing pass, but for the n-th call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int) -> None:
        self.calls, self._fail_at = 0, fail_at
        for name in ("fsync", "replace", "open", "fdopen"):
            monkeypatch.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **keywords: object) -> object:
            self.calls += 1
            if self.calls == self._fail_at:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return real(*arguments, **keywords)

        return call


def test_a_file_is_written_whole_and_alone(tmp_path: Path) -> None:
    for content in (b"first", b"second, longer", b""):
        write_atomically(tmp_path / "a.json", content)
        assert (tmp_path / "a.json").read_bytes() == content
    assert os.listdir(tmp_path) == ["a.json"]


def test_whichever_call_fails_the_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    for fail_at in range(1, 20):
        with pytest.MonkeyPatch.context() as patch:
            failing = FailingCall(patch, fail_at)
            try:
                write_atomically(path, b"new")
                failed = False
            except StoreError as error:
                failed = True
                assert str(error) == f"{path} cannot be written: Input/output error."  # noqa: PT017 - one must pass
        assert path.read_bytes() in ((b"old", b"new") if failed else (b"new",))
        assert os.listdir(tmp_path) == ["a.json"]
        if not failed:
            break
        path.write_bytes(b"old")
    assert failing.calls < fail_at
    assert fail_at > 4


def test_an_interruption_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/a cannot be written: No such file or directory\.$"):
        write_atomically(tmp_path / "nowhere" / "a", b"")


def test_a_folder_at_the_destination_is_an_error_without_debris(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        write_atomically(tmp_path / "a", b"")
    assert os.listdir(tmp_path) == ["a"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path, whole = tmp_path / "a", {bytes([digit]) * 200_000 for digit in b"xyz"}
    write_atomically(path, next(iter(whole)))
    done = threading.Event()
    seen: list[bytes] = []

    def read() -> None:
        while not done.is_set():
            seen.append(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        for content in whole:
            write_atomically(path, content)
    done.set()
    reader.join()
    assert seen
    assert set(seen) <= whole


def test_make_folder_makes_parents_and_is_content_with_what_is_there(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(("below", "reason"), [("file", "File exists"), ("file/deeper", "Not a directory")])
def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path, below: str, reason: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=rf"{below} cannot be made: {reason}\.$"):
        make_folder(tmp_path / below)


def test_written_file_has_the_permissions_that_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


def test_behind_a_link_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(StoreError, match=r"pipe cannot be written: it is no plain file\.$"):
        write_atomically(pipe, b"new")
    assert pipe.is_fifo()
