"""What a network amounts to: its figures, what they warn of, and the assignment's rules."""

from __future__ import annotations

import streamlit as st

from cifar_core.architecture import ArchitectureDescription, RuleLimits, RuleResult
from cifar_core.ui.keeping import KEPT
from cifar_core.words import count, macs, percent

ASSIGNMENT = RuleLimits()


def choose_limits() -> RuleLimits:
    """The limits of the rules, the assignment's unless a teacher sets others."""
    with st.popover("Limits", icon=":material/tune:", help="Another budget than the assignment's."):
        params = st.number_input(
            "Parameters below", 1, 100_000_000, ASSIGNMENT.params_below, key="limit-params", **KEPT
        )
        field = st.number_input(
            "Receptive field above, px", 0, 10_000, ASSIGNMENT.receptive_field_above, key="limit-field", **KEPT
        )
        blocks = st.number_input("Blocks", 1, 50, ASSIGNMENT.blocks, key="limit-blocks", **KEPT)
    return RuleLimits(params_below=int(params), receptive_field_above=int(field), blocks=int(blocks))


def show_numbers(now: ArchitectureDescription, before: ArchitectureDescription) -> None:
    """The figures of a network, with their difference from the preset it came from."""
    row = st.container(horizontal=True)
    row.metric(
        "Parameters", count(now.params), _difference(now.params - before.params), delta_color="inverse", border=True
    )
    row.metric(
        "Receptive field (before pooling)",
        f"{now.receptive_field} px",
        _difference(now.receptive_field - before.receptive_field),
        border=True,
        help=f"Nominally {now.receptive_field_with_pooling} px with the pooling, which sees the whole image.",
    )
    row.metric(
        "MACs an image",
        macs(now.macs),
        f"{(now.macs - before.macs) / 1e6:+.1f} M" if now.macs != before.macs else None,
        delta_color="inverse",
        border=True,
        help="Multiply-accumulates of convolutions and linear layers; padded positions count.",
    )
    row.metric(
        "Coverage",
        percent(now.coverage),
        border=True,
        help="Share of the receptive field's square that any path reaches; dilation can leave holes.",
    )
    if now.wasted is not None:
        row.metric(
            "MACs for nothing",
            percent(now.wasted.share),
            border=True,
            help="Spent on cells that no later layer reads, or that are the same whatever the image.",
        )


def _difference(number: int) -> str | None:
    return f"{number:+,}" if number else None


def warn(description: ArchitectureDescription) -> None:
    """Says what the figures hide: holes in the field, and work for nothing."""
    if description.coverage is not None and description.coverage < 1:
        st.warning(
            f"Paths reach only {percent(description.coverage)} of the {description.receptive_field} x "
            f"{description.receptive_field} square: strides and dilations skip the others, whatever the rule says.",
            icon=":material/grid_4x4:",
        )
    wasted = description.wasted
    if wasted is not None and wasted.share >= 0.005:
        pooled = ""
        if wasted.pooled_constant:
            always = "always zero" if wasted.pooled_zero == wasted.pooled_constant else "the same for every image"
            pooled = (
                f" Of the {wasted.pooled} cells that the head pools, {wasted.pooled_constant} are {always}: "
                "padding on a 1x1 convolution makes cells that see nothing of the image."
            )
        st.info(
            f"{percent(wasted.share)} of all MACs are spent on cells that never matter: no later layer reads them (a "
            f"1x1 with stride 2 skips three in four), or they are the same for every image.{pooled} The layer table "
            "says where.",
            icon=":material/energy_savings_leaf:",
        )


def show_rules(rules: tuple[RuleResult, ...]) -> None:
    """Rules as chips, each with the sentence that says by how much."""
    for rule in rules:
        if rule.passed:
            color, icon = "green", "check"
        elif rule.required:
            color, icon = "red", "close"
        else:
            color, icon = "gray", "remove"
        value = f"{rule.value:,}" if isinstance(rule.value, int) else rule.value
        asked = f"asked: {rule.limit}" if rule.required else f"optional: {rule.limit}".removesuffix(": optional")
        st.markdown(f":{color}-badge[:material/{icon}: {rule.title}: {value} ({asked})] :small[{rule.detail}]")
