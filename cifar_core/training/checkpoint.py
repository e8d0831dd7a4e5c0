"""Checkpoints: written whole or not at all, read without running anything that is inside."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from cifar_core.errors import StoreError

SCHEMA_VERSION = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A network at the end of an epoch, with what is needed to train on from there."""

    epoch: int
    """Epochs trained, from 1."""
    network: dict[str, Any]
    """`state_dict` of the network."""
    optimizer: dict[str, Any]
    """`state_dict` of the optimizer."""
    ema: dict[str, Any] | None = None
    """`state_dict` of the network with averaged weights, where the training averages them."""
    scaler: dict[str, Any] | None = None
    """`state_dict` of the loss scaler, where the training is in float16."""

    @property
    def weights(self) -> dict[str, Any]:
        """What evaluation and prediction use: the averaged weights where there are any, else the network's."""
        return self.network if self.ema is None else self.ema


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as a file's content."""
    buffer = BytesIO()
    torch.save(
        {
            "schema_version": SCHEMA_VERSION,
            "epoch": checkpoint.epoch,
            "network": checkpoint.network,
            "optimizer": checkpoint.optimizer,
            "ema": checkpoint.ema,
            "scaler": checkpoint.scaler,
        },
        buffer,
    )
    return buffer.getvalue()


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint onto the host.

    Raises:
        StoreError: it is missing, damaged, or of a newer schema.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        version = content["schema_version"]
        if version in (1, SCHEMA_VERSION):  # asked before the fields: a newer schema may well have others
            # Version 1 had neither averaged weights nor a scaler.
            later = {"ema": content["ema"], "scaler": content["scaler"]} if version == SCHEMA_VERSION else {}
            return Checkpoint(content["epoch"], content["network"], content["optimizer"], **later)
    except FileNotFoundError:
        raise StoreError(f"{path} is missing: this run has no such checkpoint.") from None
    except Exception:  # damaged bytes end in almost any of them: Unicode, index and attribute errors were seen
        raise StoreError(f"{path} is damaged and cannot be loaded.") from None
    raise StoreError(f"{path} has schema version {version}: this version of CIFAR Lab reads 1 to {SCHEMA_VERSION}.")
