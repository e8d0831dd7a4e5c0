from __future__ import annotations

import numpy as np

from cifar_core.ui.sprites import enlarge, framed, grid

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)


def test_enlarging_keeps_every_pixel_sharp() -> None:
    large = enlarge(IMAGES[0], 3)
    assert large.shape == (96, 96, 3)
    for offset_y in range(3):
        for offset_x in range(3):
            assert np.array_equal(large[offset_y::3, offset_x::3], IMAGES[0])


def test_grid_holds_every_image_at_its_place_and_nothing_else() -> None:
    sprite = grid([IMAGES[:3], IMAGES[3:]], factor=2, gap=6, first_gap=18)
    assert sprite.shape == (2 * 64 + 6, 3 * 64 + 18 + 6, 4)
    found = [
        sprite[top : top + 64 : 2, left : left + 64 : 2, :3] for top in (0, 70) for left in (0, 64 + 18, 64 + 18 + 70)
    ]
    assert all(np.array_equal(image, expected) for image, expected in zip(found, IMAGES, strict=True))
    assert np.count_nonzero(sprite[..., 3]) == 6 * 64 * 64


def test_frame_is_transparent() -> None:
    picture = framed(IMAGES[0], factor=1, margin=4)
    assert np.array_equal(picture[:32, :32, :3], IMAGES[0])
    assert not picture[32:, :, 3].any()
    assert not picture[:, 32:, 3].any()
