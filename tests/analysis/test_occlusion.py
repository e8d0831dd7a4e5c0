from __future__ import annotations

import numpy as np
import pytest
import torch

from cifar_core.analysis.occlusion import occlusion_map
from cifar_core.errors import SpecError
from tests.analysis.networks import untrained
from tests.tiny import tiny_architecture, tiny_data

IMAGE = tiny_data().train.images[0].numpy()


@pytest.mark.parametrize(("patch", "stride"), [(8, 4), (8, 8), (10, 7), (32, 5)])
def test_every_pixel_gets_the_mean_drop_over_the_squares_that_covered_it(patch: int, stride: int) -> None:
    network, fill = untrained(tiny_architecture()), (0.2, 0.5, 0.9)

    def probability(image: np.ndarray) -> float:
        return float(network.probabilities(torch.from_numpy(image[None]))[0, 3])

    drops: dict[tuple[int, int], list[float]] = {}
    starts = sorted({*range(0, 33 - patch, stride), 32 - patch})
    for top in starts:
        for left in starts:
            covered = IMAGE.copy()
            covered[top : top + patch, left : left + patch] = (51, 128, 230)  # 255 times the fill, rounded
            drop = probability(IMAGE) - probability(covered)
            for row in range(top, top + patch):
                for column in range(left, left + patch):
                    drops.setdefault((row, column), []).append(drop)
    expected = np.array([[np.mean(drops[row, column]) for column in range(32)] for row in range(32)])
    found = occlusion_map(network, IMAGE, 3, patch, stride, fill)
    assert found.dtype == np.float32
    assert found.shape == (32, 32)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_covering_with_its_own_colour_changes_nothing() -> None:
    grey = np.full((32, 32, 3), 102, dtype=np.uint8)
    found = occlusion_map(untrained(tiny_architecture()), grey, 0, fill=(0.4, 0.4, 0.4))
    np.testing.assert_allclose(found, 0, atol=1e-6)


def test_the_image_is_left_as_it_was() -> None:
    before = IMAGE.copy()
    occlusion_map(untrained(tiny_architecture()), IMAGE, 0)
    assert (before == IMAGE).all()


@pytest.mark.parametrize(("patch", "stride"), [(8, 9), (8, 0), (33, 4), (0, 0)])
def test_squares_that_leave_pixels_out_are_refused(patch: int, stride: int) -> None:
    with pytest.raises(SpecError, match=f"stride is {stride} and patch {patch}: 1 <= stride <= patch <= 32"):
        occlusion_map(untrained(tiny_architecture()), IMAGE, 0, patch, stride)
