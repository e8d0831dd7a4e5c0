from __future__ import annotations

from importlib import import_module

import pytest

from cifar_core.architecture import ArchitectureSpec, coverage, receptive_field
from tests.architecture.oracles import reached_pixels

HEAD = [{"type": "pool"}, {"type": "conv", "out_channels": 10, "kernel_size": 1}]


def dilated(rate: int) -> dict[str, object]:
    return {"out_channels": 2, "dilation": rate, "padding": rate}


def parallel(*pairs: tuple[int, int]) -> ArchitectureSpec:
    """Branches of two paths each, with these dilations."""
    nodes = [{"type": "branch", "main": [dilated(one)], "shortcut": [dilated(other)]} for one, other in pairs]
    return ArchitectureSpec.parse({"nodes": nodes, "head": HEAD})


def test_two_patterns_are_united_and_not_multiplied() -> None:
    spec = parallel((2, 3))
    assert receptive_field(spec.layers) == 7
    # {-2, 0, 2} squared and {-3, 0, 3} squared share the centre alone.
    assert coverage(spec.layers) == pytest.approx((9 + 9 - 1) / 49)


@pytest.mark.parametrize("pairs", [((2, 3), (4, 5)), ((1, 4), (2, 7), (3, 5)), ((5, 5),), ((1, 9), (9, 1))])
def test_unlike_dilations_side_by_side_reach_what_the_gradient_reaches(pairs: tuple[tuple[int, int], ...]) -> None:
    spec = parallel(*pairs)
    assert reached_pixels(spec, receptive_field(spec.layers)).share == pytest.approx(coverage(spec.layers))


def test_the_identity_adds_nothing_to_what_an_odd_kernel_reaches() -> None:
    nodes = [{"type": "branch", "main": [{**dilated(4), "out_channels": 3}]} for _ in range(30)]
    assert coverage(ArchitectureSpec.parse({"nodes": nodes, "head": HEAD}).layers) == pytest.approx((61 / 241) ** 2)


def test_networks_with_too_many_patterns_are_told_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = parallel((2, 3), (5, 7))
    assert coverage(spec.layers) is not None
    # By its name, the package gives the function and not the module.
    monkeypatch.setattr(import_module("cifar_core.architecture.coverage"), "MAX_PATTERNS", 3)
    assert coverage(spec.layers) is None
