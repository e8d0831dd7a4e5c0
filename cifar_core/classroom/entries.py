"""What lies in a folder or zip of submissions, one file at a time; nothing is written, followed or run."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from cifar_core.architecture.importing.printed_tree import MAX_TEXT
from cifar_core.errors import SpecError
from cifar_core.runs.package.layout import MAX_PACKAGE_BYTES, SUFFIX
from cifar_core.zips import MIB, ZipKind, open_zip, read_member

SPEC, PRINT = ".json", ".txt"
MAX_BYTES = {SPEC: MIB, PRINT: 4 * MAX_TEXT, SUFFIX: MAX_PACKAGE_BYTES}
"""The most bytes of a file by its ending, which says what it is. Of UTF-8 a sign takes four at the most."""
MAX_ENTRIES = 500
"""Files in a folder or zip."""
MAX_CLASS_BYTES = 1024 * MIB
"""Of a zip, and of all that is read out of it or of a folder."""
MAX_DEPTH = 8
"""Folders within folders."""
_CODE = (".py", ".ipynb", ".pyc", ".pt", ".pth", ".pkl", ".sh", ".js")
_CODE_ADVICE = "hand in what print(model) prints as a .txt, a spec as a .json, or a run package"
_LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")
_KIND = ZipKind("folder of submissions", MAX_CLASS_BYTES, max_entries=2_000, max_directory_bytes=MIB)
"""Folders and what systems add stand in a zip's directory as well."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that was handed in."""

    name: str
    """Its path below the folder or in the zip, with slashes and printable; without a folder that is around them all."""
    problem: str
    """Why it is not read, in a sentence; empty if it can be."""
    _open: Callable[[], bytes] | None = None

    @property
    def ending(self) -> str:
        """Of its name, in small letters; says what the file is."""
        return os.path.splitext(self.name)[1].lower()

    def read(self) -> bytes:
        """Its content.

        Raises:
            SpecError: the problem, or that it cannot be read after all.
        """
        if self._open is None:
            raise SpecError(self.problem)
        return self._open()


@contextmanager
def opened_entries(source: Path | bytes, name: str = "class.zip") -> Iterator[list[Entry]]:
    """The files of a class, by name, for a block in which they can be read.

    What a system adds by itself (hidden files, `__MACOSX`) is left out; every other file is an entry, if only to say
    why it is not read.

    Args:
        source: a folder, a zip, or an uploaded zip's bytes.
        name: what an error calls it, where `source` is bytes.

    Raises:
        SpecError: there is no such folder or zip, it is damaged, or holds too many files.
    """
    with ExitStack() as stack:
        if isinstance(source, Path) and source.is_dir():
            found = _in_folder(source)
        else:
            file = stack.enter_context(_stream(source))
            what = source.name if isinstance(source, Path) else name
            try:
                found = _in_zip(stack.enter_context(open_zip(file, _KIND)))
            except SpecError as error:
                raise SpecError(f"{shown_name(what)} cannot be read: {error}") from None
        if len(found) > MAX_ENTRIES:
            raise SpecError(f"There are {len(found):,} files: at most {MAX_ENTRIES} submissions are read at once.")
        yield sorted(_without_folder(found), key=lambda entry: entry.name)


def _without_folder(entries: list[Entry]) -> list[Entry]:
    """Many a program puts a folder around all that it puts into a zip: it tells files and authors apart in no way."""
    while len(entries) > 1 and _share_folder(entries):
        entries = [replace(entry, name=entry.name.partition("/")[2]) for entry in entries]
    return entries


def _share_folder(entries: list[Entry]) -> bool:
    first = entries[0].name.partition("/")[0]
    return all(entry.name.startswith(f"{first}/") for entry in entries)


def shown_name(name: str) -> str:
    """A name from a foreign file system as it can be printed anywhere: other signs are written out in ASCII."""
    told = name.encode("utf-8", "backslashreplace").decode()
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in told)


def _stream(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return BytesIO(source)
    try:
        # Else opening a named pipe would wait for whoever writes into it.
        if not stat.S_ISREG(os.stat(source).st_mode):
            raise SpecError(f"{source} is neither a folder nor a zip file.")
        return source.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a name with a null in it
        reason = getattr(error, "strerror", None) or error
        raise SpecError(f"{source} cannot be read: {reason}. Name a folder or a zip of submissions.") from None


def _is_litter(parts: tuple[str, ...]) -> bool:
    return any(part in _LITTER or (part.startswith(".") and not part.startswith("..")) for part in parts)


def _refusal(ending: str, size: int) -> str:
    """Why a file is refused by its name and size alone; empty if it is not."""
    if ending in _CODE:
        return f"A {ending} file may run code, so it is not even opened: {_CODE_ADVICE}."
    if ending == ".zip":
        return "A zip within the class is not opened: put its files into the folder themselves."
    if ending not in MAX_BYTES:
        return f"It ends in {ending or 'nothing'}: a submission ends in {', '.join(MAX_BYTES)}."
    if size > MAX_BYTES[ending]:
        return f"It has {size:,} bytes: {MAX_BYTES[ending]:,} is the limit of a {ending} file."
    return ""


@dataclass(slots=True)
class _Budget:
    """Bytes that may still be read, so that many large files cannot add up."""

    left: int = MAX_CLASS_BYTES

    def entry(self, name: str, size: int, read: Callable[[str], bytes], problem: str = "") -> Entry:
        """A file; what is too much, or no submission by its name, gets its reason instead of its content."""
        shown = shown_name(name)
        problem = problem or _refusal(os.path.splitext(shown)[1].lower(), size)
        if not problem and size > self.left:
            problem = f"The files before it fill the {MAX_CLASS_BYTES // MIB:,} MiB that are read of a class."
        if problem:
            return Entry(shown, problem)
        self.left -= size
        return Entry(shown, "", partial(read, os.path.splitext(shown)[1].lower()))


def _in_folder(folder: Path) -> list[Entry]:
    found: list[Entry] = []
    budget = _Budget()
    _walk(folder, (), budget, found)
    return found


def _walk(folder: Path, above: tuple[str, ...], budget: _Budget, found: list[Entry]) -> None:
    try:
        with os.scandir(folder) as listing:
            inside = sorted(listing, key=lambda item: item.name)
    except OSError as error:
        found.append(Entry(shown_name("/".join(above) or str(folder)), f"It cannot be read: {error.strerror}."))
        return
    for item in inside:
        parts = (*above, item.name)
        if _is_litter(parts):
            continue
        if len(found) > MAX_ENTRIES:  # more than is allowed: the rest need not be counted
            return
        path, name = Path(item.path), "/".join(parts)
        if item.is_symlink():
            found.append(Entry(shown_name(name), "It is a link, and links are not followed: put the file itself here."))
        elif item.is_dir(follow_symlinks=False):
            if len(parts) > MAX_DEPTH:
                found.append(Entry(shown_name(name), f"Folders more than {MAX_DEPTH} deep are not opened."))
            else:
                _walk(path, parts, budget, found)
        elif not item.is_file(follow_symlinks=False):
            found.append(Entry(shown_name(name), "It is no plain file."))
        else:
            found.append(budget.entry(name, item.stat(follow_symlinks=False).st_size, partial(_read_file, path)))


def _read_file(path: Path, ending: str) -> bytes:
    """The content of a plain file, which may have been exchanged for a link or a pipe, or have grown, since."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise SpecError("It is no plain file.")
            content = file.read(MAX_BYTES[ending] + 1)
    except OSError as error:
        raise SpecError(f"It cannot be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES[ending]:
        raise SpecError(f"It has more than {MAX_BYTES[ending]:,} bytes, the limit of a {ending} file.")
    return content


def _in_zip(archive: zipfile.ZipFile) -> list[Entry]:
    found: list[Entry] = []
    budget = _Budget()
    # Some programs write the separator of Windows.
    named = [(info.orig_filename.replace("\\", "/"), info) for info in archive.infolist()]
    named = [(name, info) for name, info in named if not _is_litter(tuple(name.split("/")))]
    times = Counter(name for name, _ in named)
    for name, info in named:
        if name.endswith("/") and not info.file_size:
            continue
        problem = _zip_problem(name, info)
        if not problem and times[name] > 1:
            problem = f"The zip holds this name {times[name]} times, so which file is meant cannot be told."
        found.append(budget.entry(name, info.file_size, partial(_read_zipped, archive, info), problem))
    return found


def _zip_problem(name: str, info: zipfile.ZipInfo) -> str:
    """Why a member is refused by its name or kind; names are never used as paths, but such a zip is no honest one."""
    parts = name.split("/")
    if ".." in parts or name.startswith("/") or re.match("[A-Za-z]:", name) or "\0" in name:
        return "Its name leads out of the zip: it is not read."
    if len(parts) > MAX_DEPTH + 1:
        return f"Folders more than {MAX_DEPTH} deep are not opened."
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "It is a link, and links are not followed: put the file itself into the zip."
    if kind not in (0, stat.S_IFREG):
        return "It is no plain file."
    return ""


def _read_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, ending: str) -> bytes:
    return read_member(archive, info, MAX_BYTES[ending], _KIND)
