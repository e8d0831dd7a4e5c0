from __future__ import annotations

import itertools

from cifar_core.training.seeds import derive_seed


def test_a_seed_is_the_same_in_every_process_and_version() -> None:
    assert [derive_seed(0, "order", 1), derive_seed(7, "step", 2, 3)] == [3797253155, 748511481]


def test_no_two_places_of_a_run_share_a_seed() -> None:
    places = itertools.product((0, 1, 12), ("weights", "order", "augmentation", "step"), range(12), range(12))
    seeds = [derive_seed(*place) for place in places]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)
