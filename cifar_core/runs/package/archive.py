"""The zip around a run package: written to the same bytes every time, read without trusting anything in it."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from io import BytesIO
from typing import BinaryIO

from cifar_core.errors import SpecError
from cifar_core.runs.package.layout import MANIFEST, MAX_MEMBER_BYTES, MAX_PACKAGE_BYTES
from cifar_core.zips import MIB, ZipKind, check_member, open_zip, read_member

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The first moment of a zip's calendar: a package does not tell when it was packed."""
_MAX_ENTRIES, _MAX_DIRECTORY_BYTES = 100, 64 * 1024


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
        self._kind = ZipKind("run package", MAX_PACKAGE_BYTES, _MAX_ENTRIES, _MAX_DIRECTORY_BYTES)
        self._zip = open_zip(source, self._kind)
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
            self._check(name, info)
        if sum(info.file_size for info in self._infos.values()) > MAX_PACKAGE_BYTES:
            raise SpecError(f"its members are too large: {MAX_PACKAGE_BYTES // MIB} MiB in all is the limit.")
        return {name: self._content(info) for name, info in self._infos.items()}

    def _content(self, info: zipfile.ZipInfo) -> bytes:
        self._check(info.orig_filename, info)
        return read_member(self._zip, info, MAX_MEMBER_BYTES[info.filename], self._kind)

    def _check(self, name: str, info: zipfile.ZipInfo) -> None:
        if name not in MAX_MEMBER_BYTES or info.filename != name:
            members = ", ".join(MAX_MEMBER_BYTES)
            raise SpecError(f"it holds {name!r}, which belongs into no run package: {members} are all.")
        check_member(info, MAX_MEMBER_BYTES[name], self._kind)
