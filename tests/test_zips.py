from __future__ import annotations

import struct
import tracemalloc
import zipfile
import zlib
from io import BytesIO

import pytest

from cifar_core.errors import SpecError
from cifar_core.zips import ZipKind, open_zip, read_member

KIND = ZipKind("class", max_bytes=2**20, max_entries=3, max_directory_bytes=1000)


def a_zip(comment: bytes = b"", members: int = 2) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(members):
            archive.writestr(f"{number}.txt", b"text")
        archive.comment = comment
    return buffer.getvalue()


@pytest.mark.parametrize("comment", [b"", b"of the autumn term", b"c" * (2**16 - 1), b"\0\0", b"ends in zeros\0\0"])
def test_a_comment_is_no_obstacle(comment: bytes) -> None:
    with open_zip(BytesIO(a_zip(comment)), KIND) as archive:
        assert archive.namelist() == ["0.txt", "1.txt"]
        assert archive.comment == comment


@pytest.mark.parametrize("comment", [b"", b"hides nothing"])
def test_more_members_than_a_kind_has_are_refused_before_the_directory_is_read(
    comment: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = a_zip(comment, members=4)

    def read(*arguments: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile, "ZipFile", read)
    with pytest.raises(SpecError, match=r"^its directory is larger than that of any class\.$"):
        open_zip(BytesIO(content), KIND)


def test_what_is_checked_is_what_is_read() -> None:
    """A comment with an end record in it: the one that `zipfile` takes decides."""
    inner = a_zip(members=1)
    outer = a_zip(comment=inner, members=4)
    with open_zip(BytesIO(outer), KIND) as archive:
        assert archive.namelist() == zipfile.ZipFile(BytesIO(outer)).namelist() == ["0.txt"]


@pytest.mark.parametrize("content", [b"", b"PK\5\6", b"PK\5\6" + bytes(10), a_zip()[:-1], a_zip(b"comment")[:-30]])
def test_half_an_end_is_no_zip(content: bytes) -> None:
    with pytest.raises(SpecError, match=r"^it is no whole zip file\.$"):
        open_zip(BytesIO(content), KIND)


def test_a_huge_archive_s_format_is_named() -> None:
    content = a_zip()
    locator = b"PK\6\7" + bytes(16)
    with pytest.raises(SpecError, match="Zip64 format"):
        open_zip(BytesIO(content[:-22] + locator + content[-22:]), KIND)


def test_a_member_that_unpacks_to_more_than_it_says_takes_no_memory() -> None:
    """Its checksum fits what is left after the cut, so that nothing but the memory would tell."""
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", bytes(200 * 2**20))
    content = bytearray(bomb.getvalue())
    told = struct.pack("<LL", zlib.crc32(bytes(100)), 100)
    at = content.rfind(b"PK\1\2")
    content[at + 16 : at + 20], content[at + 24 : at + 28] = told[:4], told[4:]
    with open_zip(BytesIO(bytes(content)), KIND) as archive:
        tracemalloc.start()
        assert read_member(archive, archive.infolist()[0], 1000, KIND) == bytes(100)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2**20
