"""Every random draw of a run comes from (run seed, purpose, epoch, batch): resuming needs no generator state."""

from __future__ import annotations

import hashlib


def derive_seed(run_seed: int, purpose: str, epoch: int = 0, batch: int = 0) -> int:
    """A seed in 0 .. 2**32 - 1 for one purpose ("weights", "order", "augmentation", "step") at one place of a run."""
    digest = hashlib.blake2b(f"{run_seed}/{purpose}/{epoch}/{batch}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")
