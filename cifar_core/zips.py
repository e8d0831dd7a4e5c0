"""Opening a zip that anybody may have made: what it claims is checked before anything in it is unpacked."""

from __future__ import annotations

import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from cifar_core.errors import SpecError

MIB = 2**20
MAX_RATIO, SMALL_MEMBER_BYTES = 100, MIB
"""How many times its packed size a member may have unpacked, if it is no small one: text of a few lines packs well."""
_END, _END_SIGNATURE, _ZIP64_SIGNATURE = struct.Struct("<4s4H2LH"), b"PK\5\6", b"PK\6\7"
_ZIP64_LOCATOR_BYTES = 20
_CHUNK_BYTES = 2**16
_MAX_COMMENT_BYTES = 2**16 - 1
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class ZipKind:
    """A kind of zip, and the most that one of it may be."""

    what: str
    """In words: "run package"."""
    max_bytes: int
    max_entries: int
    max_directory_bytes: int
    """Of the list of its members; beyond these two a directory is not even read to say what does not belong there."""


def open_zip(source: BinaryIO, kind: ZipKind) -> zipfile.ZipFile:
    """Opens a zip and reads its directory, nothing else of it.

    Raises:
        SpecError: it is no zip, or more than its kind may be.
    """
    _check_end(source, kind)
    try:
        return zipfile.ZipFile(source)
    # What damaged bytes end in: `zipfile` lets other errors through too.
    except Exception:
        raise SpecError("it is no whole zip file.") from None


def read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int, kind: ZipKind) -> bytes:
    """Unpacks a member into memory.

    Raises:
        SpecError: it is encrypted, packed in another way than usual, larger than `limit` bytes, a bomb or damaged.
    """
    check_member(info, limit, kind)
    try:
        # Bit by bit: in one go `zipfile` unpacks whatever the packed bytes hold before it cuts that off after the size
        # that the directory tells.
        with archive.open(info) as member:
            return b"".join(iter(lambda: member.read(_CHUNK_BYTES), b""))
    except Exception:  # zlib's and struct's errors, NotImplementedError, and zipfile's own
        raise SpecError(f"{info.filename} is damaged.") from None


def check_member(info: zipfile.ZipInfo, limit: int, kind: ZipKind) -> None:
    """Refuses a member by what the directory tells of it.

    Raises:
        SpecError: as `read_member`, but for damage.
    """
    name = info.filename
    if info.flag_bits & _ENCRYPTED:
        raise SpecError(f"{name} is encrypted.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SpecError(f"{name} is compressed in a way that no {kind.what} is.")
    if info.file_size > limit:
        raise SpecError(f"{name} has {info.file_size:,} bytes unpacked: {limit:,} is the limit.")
    if info.file_size > max(SMALL_MEMBER_BYTES, MAX_RATIO * info.compress_size):
        raise SpecError(f"{name} unpacks to more than {MAX_RATIO} times its size, as only a zip bomb does.")


def _check_end(source: BinaryIO, kind: ZipKind) -> None:
    """Before `zipfile` reads a directory of millions of entries."""
    size = source.seek(0, 2)
    if size > kind.max_bytes:
        raise SpecError(f"it has {size:,} bytes: {kind.max_bytes // MIB} MiB is the limit.")
    source.seek(max(0, size - _ZIP64_LOCATOR_BYTES - _END.size - _MAX_COMMENT_BYTES))
    tail = source.read()
    at = _end_record(tail)
    if at is None:
        raise SpecError("it is no whole zip file.")
    if tail[max(0, at - _ZIP64_LOCATOR_BYTES) : at].startswith(_ZIP64_SIGNATURE):
        raise SpecError("it is in the Zip64 format for huge archives: an ordinary zip is wanted.")
    entries, directory_bytes = _END.unpack_from(tail, at)[4:6]
    if entries > kind.max_entries or directory_bytes > kind.max_directory_bytes:
        raise SpecError(f"its directory is larger than that of any {kind.what}.")
    source.seek(0)


def _end_record(tail: bytes) -> int | None:
    """Where the end record is that `zipfile` will read: the very end, else the last one with a comment behind it."""
    last = len(tail) - _END.size
    if last >= 0 and tail.startswith(_END_SIGNATURE, last) and tail.endswith(b"\0\0"):
        return last
    at = tail.rfind(_END_SIGNATURE)
    return at if 0 <= at <= last else None
