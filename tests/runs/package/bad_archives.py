"""Run packages that are no zip files, or hold what no run package does."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable

from tests.runs.package.building import Build, members_of, torch_file, zipped


def with_members(*added: tuple[str, bytes]) -> Build:
    return lambda package: zipped([*list(members_of(package).items())[:-1], *added])


def with_header(change: Callable[[bytearray, int, int], None], name: str = "train.log") -> Build:
    """With bytes of a member's two headers changed: called with the file and where they begin."""

    def build(package: bytes) -> bytes:
        file = bytearray(package)
        local, central = file.find(b"PK\3\4"), file.find(b"PK\1\2")
        while file[local + 30 : local + 30 + len(name)] != name.encode():
            local = file.find(b"PK\3\4", local + 1)
        while file[central + 46 : central + 46 + len(name)] != name.encode():
            central = file.find(b"PK\1\2", central + 1)
        change(file, local, central)
        return bytes(file)

    return build


def encrypted(file: bytearray, local: int, central: int) -> None:
    file[local + 6] |= 1
    file[central + 8] |= 1


def in_an_unknown_way(file: bytearray, local: int, central: int) -> None:
    file[local + 8] = file[central + 10] = 99


def with_a_null(file: bytearray, local: int, central: int) -> None:
    """zipfile takes the name for what stands before it."""
    file[local + 30 + 5] = file[central + 46 + 5] = 0


def that_claims_less_than_it_holds(file: bytearray, local: int, central: int) -> None:
    for at in (local + 22, central + 24):
        file[at : at + 4] = struct.pack("<I", 10)


ARCHIVES: dict[str, tuple[Build, str]] = {
    "path traversal": (with_members(("../evil.txt", b"")), "it holds '../evil.txt', which belongs into no run package"),
    "absolute path": (with_members(("/etc/evil", b"")), "it holds '/etc/evil', which"),
    "folder": (with_members(("checkpoints/", b"")), "it holds 'checkpoints/', which"),
    "Windows path": (with_members(("..\\evil.txt", b"")), "which belongs into no run package"),
    "unknown member": (with_members(("readme.txt", b"")), "it holds 'readme.txt', which"),
    "duplicate": (
        lambda package: zipped([*list(members_of(package).items())[:-1], ("config.json", b"{}")]),
        "it holds 'config.json' twice",
    ),
    "duplicate manifest": (
        lambda package: zipped([("manifest.json", b"{}"), *list(members_of(package).items())[:-1]]),
        "it holds 'manifest.json' twice",
    ),
    "name with a null": (with_header(with_a_null), "which belongs into no run package"),
    "million of members": (
        lambda package: zipped((f"{number}", b"") for number in range(3000)),
        "its directory is larger than that of any run package",
    ),
    "encrypted": (with_header(encrypted), "train.log is encrypted"),
    "unknown compression": (with_header(in_an_unknown_way), "train.log is compressed in a way that no run package is"),
    "LZMA": (
        lambda package: zipped(members_of(package).items(), zipfile.ZIP_LZMA),
        "manifest.json is compressed in a way",
    ),
    "claims less than it holds": (with_header(that_claims_less_than_it_holds), "train.log is damaged"),
    "no zip": (lambda package: b"This is no zip." * 10, "it is no whole zip file"),
    "empty": (lambda package: b"", "it is no whole zip file"),
    "cut": (lambda package: package[:-30], "it is no whole zip file"),
    "only its end": (lambda package: package[-22:], "it is no whole zip file"),
    "another zip": (lambda package: zipped([("config.json", b"{}")]), "manifest.json is missing: it is no run package"),
    "a torch checkpoint": (lambda package: torch_file(), "it is in the Zip64 format"),
    "bits turned": (
        lambda package: package.replace(members_of(package)["weights.safetensors"][-100:], bytes(100)),
        "weights.safetensors is damaged",
    ),
}
