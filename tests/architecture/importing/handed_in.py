"""Networks in the style in which people hand them in: the same features, none of anybody's code."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from tests.architecture.importing.chains import (
    BareChain,
    DepthwiseOfEveryKind,
    DilatedOnly,
    FlattenedMap,
    FortyConvolutions,
    FourBlocks,
    GeluAndGroups,
    MixedOrders,
    OddKernelsAndMaps,
    Padded,
    SeparableClasses,
    SmallWindows,
    TwoBlocks,
)
from tests.architecture.importing.joins import (
    AcrossBlocks,
    Concatenated,
    ConcatInsideSum,
    ConvNeXtLike,
    Dense,
    Gated,
    PreActivation,
    SmallResNet,
)

CHAINS: tuple[Callable[[], nn.Module], ...] = (
    FourBlocks,
    DilatedOnly,
    DepthwiseOfEveryKind,
    BareChain,
    SmallWindows,
    MixedOrders,
    GeluAndGroups,
    SeparableClasses,
    FlattenedMap,
)
"""Whose printed text tells all but views and the last softmax."""
HANDED_IN: tuple[Callable[[], nn.Module], ...] = (
    *CHAINS,
    OddKernelsAndMaps,
    FortyConvolutions,
    SmallResNet,
    PreActivation,
    AcrossBlocks,
    Concatenated,
    Gated,
    ConvNeXtLike,
    Padded,
    TwoBlocks,
    ConcatInsideSum,
    Dense,
)
