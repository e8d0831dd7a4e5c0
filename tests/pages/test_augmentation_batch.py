"""A batch as the network receives it, and the pairs that were mixed."""

from __future__ import annotations

import numpy as np
import pytest

from cifar_core.data.augmentation import CoarseDropout, HorizontalFlip, MixUp
from tests.pages.augmentation_page import page, table
from tests.pages.helpers import gallery_images, says, shown


def test_a_batch_is_told_in_shares_and_shown_in_pairs() -> None:
    session = page(HorizontalFlip(), batch=(MixUp(alpha=1.0, p=1.0),), samples="A batch")
    batch, pairs = gallery_images(session, "batch-sheet"), gallery_images(session, "pairs-sheet")
    assert len(batch) == 32
    assert any(", " in image.caption.splitlines()[0] for image in batch)
    assert len(pairs) == 18
    for own, partner, mixed in zip(pairs[::3], pairs[1::3], pairs[2::3], strict=True):
        told = mixed.caption.removeprefix("= ").partition("\n")[0]
        parts = [part.replace('"', "").split() for part in told.replace("\u00a0", " ").split(", ")]
        shares = {name: float(percent[0]) / 100 if percent else 1.0 for name, *percent in parts}
        assert set(shares) <= {own.caption, partner.caption.removeprefix("+ ")}
        assert sum(shares.values()) == pytest.approx(1.0, abs=0.011)
        if own.caption != partner.caption.removeprefix("+ "):
            share = shares.get(own.caption, 0.0)
            expected = share * own.picture + (1 - share) * partner.picture
            assert np.abs(mixed.picture - expected).max() <= 3  # a share of two decimals
        assert mixed.caption.endswith("mixup")
    assert table(session)["Mixup", "Happens"]["Got"] == "100.0 % (32 of 32)"


def test_a_batch_without_mixers_says_how_to_get_pairs() -> None:
    session = page(CoarseDropout(), samples="A batch")
    assert len(gallery_images(session, "batch-sheet")) == 32
    assert not gallery_images(session, "pairs-sheet")
    assert says(session, "No mixer is on: switch Mixup or CutMix on")
    shown(session.toggle("none.cutmix").set_value(True).run())
    assert gallery_images(session, "pairs-sheet")


def test_who_mixes_is_led_to_the_batch() -> None:
    session = page(HorizontalFlip(), batch=(MixUp(p=1.0),))
    assert says(session, "Mixup cannot be seen here")
    shown(session.button("show-batch").click().run())
    assert gallery_images(session, "pairs-sheet")
    assert session.selectbox("samples").value == "A batch"
