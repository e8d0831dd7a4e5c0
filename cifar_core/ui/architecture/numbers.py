"""What a network amounts to: its figures, what they warn of, and the assignment's rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from cifar_core.architecture import ArchitectureDescription, RuleLimits, RuleResult
from cifar_core.ui.keeping import KEPT
from cifar_core.words import count, macs, percent, plain

ASSIGNMENT = RuleLimits()
MAX_FIELD_ASKED = 10_000
"""Pixels."""
TELLING_SHARE = 0.01
"""Of all MACs: less is spent at any border."""


def choose_limits() -> RuleLimits:
    """The limits of the rules, the assignment's unless a teacher sets others."""
    with st.popover("Limits", icon=":material/tune:", help="Another budget than the assignment's."):
        return ask_limits()


def ask_limits() -> RuleLimits:
    """The fields in which the limits of a network are set."""
    params = st.number_input("Parameters below", 1, 100_000_000, ASSIGNMENT.params_below, key="limit-params", **KEPT)
    field = st.number_input(
        "Receptive field above, px", 0, MAX_FIELD_ASKED, ASSIGNMENT.receptive_field_above, key="limit-field", **KEPT
    )
    blocks = st.number_input("Blocks", 1, 50, ASSIGNMENT.blocks, key="limit-blocks", **KEPT)
    return RuleLimits(params_below=int(params), receptive_field_above=int(field), blocks=int(blocks))


def show_numbers(now: ArchitectureDescription, before: ArchitectureDescription) -> None:
    """The figures of a network, with their difference from the preset or saved one it came from."""
    row = st.container(horizontal=True)
    _metric(row, "Parameters", count(now.params), now.params - before.params, "{:+,.0f}")
    _metric(
        row,
        "Receptive field (before pooling)",
        f"{now.receptive_field} px",
        now.receptive_field - before.receptive_field,
        "{:+.0f} px",
        more_is_better=None,
        help=f"Nominally {now.receptive_field_with_pooling} px with the pooling, which sees the whole image.",
    )
    _metric(
        row,
        "MACs an image",
        macs(now.macs),
        (now.macs - before.macs) / 1e6,
        "{:+.1f} M",
        help="Multiply-accumulates of convolutions and linear layers; padded positions count.",
    )
    _metric(
        row,
        "Coverage",
        percent(now.coverage),
        0 if now.coverage is None or before.coverage is None else 100 * (now.coverage - before.coverage),
        "{:+.1f} points",
        more_is_better=True,
        help="Share of the receptive field's square that any path reaches; dilation can leave holes.",
    )
    if now.wasted is not None and before.wasted is not None:
        _metric(
            row,
            "MACs for nothing",
            percent(now.wasted.share),
            100 * (now.wasted.share - before.wasted.share),
            "{:+.1f} points",
            help="Spent on cells that no later layer reads, or that are the same whatever the image.",
        )


def _metric(
    row: DeltaGenerator,
    label: str,
    value: str,
    difference: float,
    form: str,
    more_is_better: bool | None = False,
    help: str | None = None,
) -> None:
    """A figure with a line for its difference, which stands there without one too: nothing below may jump."""
    text = form.format(difference)
    differs = any(digit in text for digit in "123456789")
    colors: dict[bool | None, Literal["normal", "inverse", "off"]] = {True: "normal", False: "inverse", None: "off"}
    row.metric(
        label,
        value,
        text if differs else "no change",
        delta_color=colors[more_is_better] if differs else "off",
        delta_arrow="auto" if differs else "off",
        border=True,
        help=help,
    )


def show_rules(rules: Iterable[RuleResult], open_rules: Collection[str] = ()) -> None:
    """Rules as chips, each with the sentence that says by how much.

    Args:
        rules: judged.
        open_rules: names of those on which there is nothing to judge.
    """
    for rule in rules:
        if rule.passed:
            color, icon = "green", "check"
        elif rule.name in open_rules:
            color, icon = "gray", "question_mark"
        elif rule.required:
            color, icon = "red", "close"
        else:
            color, icon = "gray", "remove"
        value = f"{rule.value:,}" if isinstance(rule.value, int) else rule.value
        asked = f"asked: {rule.limit}" if rule.required else f"optional: {rule.limit}".removesuffix(": optional")
        _chip(color, icon, f"{rule.title}: {value} ({asked})", plain(rule.detail))


def show_findings(description: ArchitectureDescription) -> None:
    """What the rules do not ask and a designer should know: holes in the field, and work for nothing."""
    field, share = description.receptive_field, description.coverage
    if share is not None:
        if share == 1:
            sentence = f"Paths reach every pixel of the {field} x {field} square."
        else:
            sentence = (
                f"Paths reach only {percent(share)} of the {field} x {field} square: strides and dilations skip the "
                "others, whatever the rule says."
            )
        _finding(share == 1, f"Coverage: {percent(share)}", sentence)
    wasted = description.wasted
    if wasted is None:
        return
    least = wasted.share < TELLING_SHARE
    sentence = (
        "Nearly every cell that is computed is read, and depends on the image."
        if least
        else "Spent on cells that no later layer reads (as before a 1x1 with stride 2, which skips three in four), or "
        "that are the same for every image. The layer table says where."
    )
    _finding(least, f"MACs for nothing: {percent(wasted.share)}", sentence)
    if wasted.pooled_constant:
        always = "always zero" if wasted.pooled_zero == wasted.pooled_constant else "the same for every image"
        _finding(
            False,
            f"Blind cells: {wasted.pooled_constant}",
            f"Of the {wasted.pooled:,} cells that the head pools, {wasted.pooled_constant:,} are {always}: padding "
            "wider than a kernel reaches, as on a 1x1, makes cells that see nothing of the image.",
        )


def _finding(fine: bool, title: str, sentence: str) -> None:
    _chip("green" if fine else "orange", "check" if fine else "warning", title, sentence)


def _chip(color: str, icon: str, title: str, sentence: str) -> None:
    st.markdown(f":{color}-badge[:material/{icon}: {title}] :small[{sentence}]")
