"""The zip around a run package: written to the same bytes every time, read without trusting anything in it."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

from cifar_core.errors import SpecError
from cifar_core.runs.package.layout import (
    MANIFEST,
    MAX_MEMBER_BYTES,
    MAX_PACKAGE_BYTES,
    MAX_RATIO,
    MIB,
    SMALL_MEMBER_BYTES,
)

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment of a zip's calendar: a package does not tell when it was packed."""
_END, _END_SIGNATURE, _ZIP64_SIGNATURE = struct.Struct("<4s4H2LH"), b"PK\5\6", b"PK\6\7"
_ZIP64_LOCATOR_BYTES = 20
_MAX_ENTRIES, _MAX_DIRECTORY_BYTES = 100, 64 * 1024
"""Beyond these a directory is not even read to say what in it does not belong there."""
_ENCRYPTED = 0x1


def write_archive(members: Mapping[str, bytes], stored: frozenset[str] = frozenset()) -> bytes:
    """A zip of some members, in their order: the same bytes for the same members.

    Args:
        members: content by name.
        stored: names of those that are not compressed.
    """
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16  # one on every system
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, content, compresslevel=9)
    return buffer.getvalue()


class PackageArchive:
    """A package's zip. Sizes are checked against the limits before anything is unpacked."""

    def __init__(self, source: BinaryIO) -> None:
        """Reads the directory.

        Raises:
            SpecError: it is no such zip, or larger than a package may be.
        """
        _check_end(source)
        try:
            self._zip = zipfile.ZipFile(source)
        # What damaged bytes end in: `zipfile` lets other errors through too.
        except Exception:
            raise SpecError("it is no whole zip file.") from None
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            if info.orig_filename in self._infos:
                raise SpecError(f"it holds {info.orig_filename!r} twice.")
            self._infos[info.orig_filename] = info

    def manifest(self) -> bytes:
        """The manifest, which says what else is to be expected.

        Raises:
            SpecError: it is missing or cannot be read.
        """
        if MANIFEST not in self._infos:
            raise SpecError(f"{MANIFEST} is missing: it is no run package.")
        return self._content(self._infos[MANIFEST])

    def members(self) -> dict[str, bytes]:
        """Every member by its name.

        Raises:
            SpecError: one does not belong into a package, is larger than it may be, encrypted or damaged.
        """
        for name, info in self._infos.items():
            _check(name, info)
        if sum(info.file_size for info in self._infos.values()) > MAX_PACKAGE_BYTES:
            raise SpecError(f"its members are too large: {MAX_PACKAGE_BYTES // MIB} MiB in all is the limit.")
        return {name: self._content(info) for name, info in self._infos.items()}

    def _content(self, info: zipfile.ZipInfo) -> bytes:
        _check(info.orig_filename, info)
        try:
            # Ends after the size that the directory tells, whatever the packed bytes hold.
            return self._zip.read(info)
        except Exception:  # zlib's and struct's errors, NotImplementedError, and zipfile's own
            raise SpecError(f"{info.filename} is damaged.") from None


def _check_end(source: BinaryIO) -> None:
    """Before `zipfile` reads a directory of millions of entries: a package has a handful."""
    size = source.seek(0, 2)
    if size > MAX_PACKAGE_BYTES:
        raise SpecError(f"it has {size:,} bytes: {MAX_PACKAGE_BYTES // MIB} MiB is the limit.")
    source.seek(max(0, size - _END.size - _ZIP64_LOCATOR_BYTES))
    tail = source.read()
    if len(tail) < _END.size or tail[-_END.size :][:4] != _END_SIGNATURE:
        raise SpecError("it is no whole zip file.")
    entries, directory_bytes = _END.unpack(tail[-_END.size :])[4:6]
    if tail.startswith(_ZIP64_SIGNATURE) or entries > _MAX_ENTRIES or directory_bytes > _MAX_DIRECTORY_BYTES:
        raise SpecError("its directory is larger than that of any run package.")
    source.seek(0)


def _check(name: str, info: zipfile.ZipInfo) -> None:
    if name not in MAX_MEMBER_BYTES or info.filename != name:
        raise SpecError(f"it holds {name!r}, which belongs into no run package: {', '.join(MAX_MEMBER_BYTES)} are all.")
    if info.flag_bits & _ENCRYPTED:
        raise SpecError(f"{name} is encrypted.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SpecError(f"{name} is compressed in a way that no run package is.")
    limit = MAX_MEMBER_BYTES[name]
    if info.file_size > limit:
        raise SpecError(f"{name} has {info.file_size:,} bytes unpacked: {limit:,} is the limit.")
    if info.file_size > max(SMALL_MEMBER_BYTES, MAX_RATIO * info.compress_size):
        raise SpecError(f"{name} unpacks to more than {MAX_RATIO} times its size, as only a zip bomb does.")
