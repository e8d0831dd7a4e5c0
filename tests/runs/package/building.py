"""Packages that nobody should have made."""

from __future__ import annotations

import hashlib
import json
import warnings
import zipfile
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import numpy as np
import torch

from tests.tiny import tiny_network

Build = Callable[[bytes], bytes]
MANIFEST = "manifest.json"


def members_of(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: Iterable[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive, warnings.catch_warnings(action="ignore"):  # a name twice
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def rebuilt(package: bytes, **changes: bytes | None) -> bytes:
    """With other members, by their name without its ending, and a manifest that tells of them; None leaves one out."""
    members = members_of(package)
    for changed, content in changes.items():
        name = next(name for name in members if name.partition(".")[0].replace("-", "_") == changed)
        if content is None:
            del members[name]
        else:
            members[name] = content
    return told(members)


def told(members: dict[str, bytes], **fields: Any) -> bytes:
    """A package whose manifest tells of the members as they are; `fields` change it, and its run's by a dict."""
    manifest = json.loads(members[MANIFEST])
    manifest["run"] |= fields.pop("run", {})
    manifest |= fields
    manifest["members"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != MANIFEST
    }
    return zipped({**members, MANIFEST: json.dumps(manifest).encode()}.items())


def changed_json(package: bytes, name: str, **fields: Any) -> bytes:
    return json.dumps(json.loads(members_of(package)[name]) | fields).encode()


def changed_epoch(package: bytes, number: int = 0, **fields: Any) -> bytes:
    """The epochs with one of them changed."""
    told_epochs = json.loads(members_of(package)["epochs.json"])
    told_epochs["epochs"][number] |= fields
    return json.dumps(told_epochs).encode()


def changed_arrays(package: bytes, name: str = "predictions-test.npz", **changes: Any) -> bytes:
    """Predictions with other arrays; a function is given the one that is there, None leaves it out."""
    with np.load(BytesIO(members_of(package)[name])) as stored:
        arrays = {key: stored[key].copy() for key in stored.files}
    for key, change in changes.items():
        arrays[key] = change(arrays[key]) if callable(change) else change
    buffer = BytesIO()
    np.savez(buffer, **{key: array for key, array in arrays.items() if array is not None})
    return buffer.getvalue()


class Evil:
    """Unpickled, it leaves a trace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('a pickle was executed')",))


def torch_file() -> bytes:
    buffer = BytesIO()
    torch.save({"epoch": 1, "network": tiny_network().state_dict()}, buffer)
    return buffer.getvalue()
