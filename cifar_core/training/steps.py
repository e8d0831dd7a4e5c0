"""How many steps an epoch has."""

from __future__ import annotations


def num_batches(count: int, batch_size: int) -> int:
    """Steps of an epoch over `count` images; a last batch of a single image is left out."""
    whole, rest = divmod(count, batch_size)
    # Batch norm on a 1 x 1 map has no variance to compute for one image and refuses; the order is new every epoch,
    # so the image left out is another one each time.
    return whole + (rest > 1 or (rest == 1 and whole == 0))
