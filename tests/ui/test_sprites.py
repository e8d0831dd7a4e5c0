from __future__ import annotations

import numpy as np

from cifar_core.ui.sprites import enlarge, framed

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


def test_enlarging_keeps_every_pixel_sharp() -> None:
    large = enlarge(IMAGES[0], 3)
    assert large.shape == (96, 96, 3)
    for offset_y in range(3):
        for offset_x in range(3):
            assert np.array_equal(large[offset_y::3, offset_x::3], IMAGES[0])


def test_frame_is_transparent() -> None:
    picture = framed(IMAGES[0], factor=1, margin=4)
    assert np.array_equal(picture[:32, :32, :3], IMAGES[0])
    assert not picture[32:, :, 3].any()
    assert not picture[:, 32:, 3].any()
