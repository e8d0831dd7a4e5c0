"""Checkpoints: written whole or not at all, read without running anything that is inside."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from cifar_core.errors import StoreError
from cifar_core.files import write_atomically

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network at the end of an epoch, with what is needed to train on from there."""

    epoch: int
    """Epochs trained, from 1."""
    network: dict[str, Any]
    """`state_dict` of the network."""
    optimizer: dict[str, Any]
    """`state_dict` of the optimizer."""


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint.

    Raises:
        StoreError: it cannot be written; the file that was there is untouched.
    """
    buffer = BytesIO()
    torch.save(
        {
            "schema_version": SCHEMA_VERSION,
            "epoch": checkpoint.epoch,
            "network": checkpoint.network,
            "optimizer": checkpoint.optimizer,
        },
        buffer,
    )
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint onto the host.

    Raises:
        StoreError: it is missing, damaged, or of a newer schema.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        version = content["schema_version"]
        if version == SCHEMA_VERSION:  # asked before the fields: a newer schema may well have others
            return Checkpoint(content["epoch"], content["network"], content["optimizer"])
    except FileNotFoundError:
        raise StoreError(f"{path} is missing: this run has no such checkpoint.") from None
    except Exception:  # damaged bytes end in almost any of them: Unicode, index and attribute errors were seen
        raise StoreError(f"{path} is damaged and cannot be loaded.") from None
    raise StoreError(f"{path} has schema version {version}: this version of CIFAR Lab reads {SCHEMA_VERSION}.")
