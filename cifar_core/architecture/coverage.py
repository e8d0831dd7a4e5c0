"""Coverage: the share of the receptive field's square that any path through the network reaches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cifar_core.architecture.geometry import receptive_field
from cifar_core.architecture.layers import IMAGE, Layer, before_pooling

MAX_PATTERNS = 64
"""Of one map; real networks have one to four, since the identity's pixels lie among its main path's."""


def coverage(layers: Sequence[Layer]) -> float | None:
    """Share of the receptive field's square that at least one path reaches, in (0, 1].

    Kernels are square, so what one path reaches is a product: the same set of offsets along each axis, kept here as
    the bits of an integer. Paths that join give a union of such squares of sets; one that lies within another is
    dropped.

    Returns:
        None where more than `MAX_PATTERNS` patterns remain, which takes dozens of branches with unlike dilations.
    """
    counted = before_pooling(layers)
    if not counted:
        return 1.0
    reached: dict[int, tuple[int, tuple[int, ...]]] = {IMAGE: (0, (1,))}
    for position, layer in enumerate(counted):
        sources = [reached[source] for source in layer.inputs]
        if layer.is_join:
            patterns = _maximal(
                pattern << (offset - layer.offset) for offset, patterns in sources for pattern in patterns
            )
        else:
            patterns = _maximal(_through_kernel(pattern, layer) for pattern in sources[0][1])
        if len(patterns) > MAX_PATTERNS:
            return None
        reached[position] = (layer.offset, patterns)
    return _union_of_squares(reached[len(counted) - 1][1]) / receptive_field(layers) ** 2


def _through_kernel(pattern: int, layer: Layer) -> int:
    spread = 0
    for tap in range(layer.kernel_size):
        spread |= pattern << (tap * layer.dilation * layer.jump_in)
    return spread


def _maximal(patterns: Iterable[int]) -> tuple[int, ...]:
    """Those that lie within no other."""
    distinct = set(patterns)
    return tuple(p for p in distinct if not any(p != other and p & other == p for other in distinct))


def _union_of_squares(patterns: Sequence[int]) -> int:
    """Number of pixels in the union of pattern x pattern over all patterns."""
    # Coordinates that lie in the same patterns behave alike: one class for each combination that occurs.
    classes: dict[tuple[int, ...], int] = {(): (1 << max(p.bit_length() for p in patterns)) - 1}
    for number, pattern in enumerate(patterns):
        inside = {(*members, number): bits & pattern for members, bits in classes.items()}
        outside = {members: bits & ~pattern for members, bits in classes.items()}
        classes = {members: bits for members, bits in {**inside, **outside}.items() if bits}
    sizes = [(set(members), bits.bit_count()) for members, bits in classes.items()]
    return sum(a * b for one, a in sizes for other, b in sizes if one & other)
