"""Fit the widths to a budget, and find the one edit that the receptive field lacks."""

from __future__ import annotations

from functools import partial

import streamlit as st

from cifar_core.architecture import (
    ArchitectureDescription,
    ArchitectureSpec,
    RuleLimits,
    block_widths,
    describe,
    num_macs,
)
from cifar_core.architecture.editing.budget import largest_widths
from cifar_core.architecture.editing.suggestions import Suggestion, suggestions
from cifar_core.errors import SpecError
from cifar_core.ui.architecture.changing import base_of, remember_base, replace_architecture
from cifar_core.ui.architecture.numbers import MAX_FIELD_ASKED
from cifar_core.words import count, macs, percent, plain

MILLION = 1_000_000


def fit_budget(spec: ArchitectureSpec, limits: RuleLimits) -> None:
    """The largest widths under a budget that keep the ratios, ready to be applied."""
    st.markdown("**Fit to a budget**: the largest widths that keep the ratios")
    row = st.container(horizontal=True, vertical_alignment="bottom")
    kind = row.segmented_control("Budget of", ("Parameters", "MACs"), default="Parameters", required=True, key="budget")
    base = base_of("budget", spec)
    if kind == "MACs":
        present = num_macs(spec.layers) / MILLION
        key = f"max-macs-{present:.1f}"  # a new network, a new default
        most = row.number_input("At most, million", 0.1, 1e7, round(max(present, 0.1), 1), key=key, width=180)
        fit = partial(largest_widths, base, max_macs=int(most * MILLION))
    else:
        room = limits.params_below - 1
        key = f"max-params-{room}"  # other limits, another default
        most = row.number_input("At most", 1, 100_000_000, max(room, 1), key=key, width=180)
        fit = partial(largest_widths, base, max_params=int(most))
    try:
        fitted = fit()
    except SpecError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    now = describe(fitted)
    before, after = block_widths(spec), block_widths(fitted)
    changes = ", ".join(
        f"{plain(block) or '(no label)'} {before[block]} → {after[block]}" for block in before if block in after
    )
    row.button(
        "Apply",
        icon=":material/check:",
        type="primary",
        key="apply-budget",
        disabled=fitted == spec,
        on_click=_put_fitted,
        args=(base, fitted),
    )
    st.markdown(f"{count(now.params)} parameters, {macs(now.macs)} MACs. Widths: {changes}.")


def _put_fitted(base: ArchitectureSpec, fitted: ArchitectureSpec) -> None:
    replace_architecture(fitted)
    remember_base("budget", base, fitted)


def suggest_edits(spec: ArchitectureSpec, description: ArchitectureDescription, limits: RuleLimits) -> None:
    """Single edits that bring the field above the rule, or above a wish beyond it."""
    st.markdown("**Fewest edits**: one change that widens the receptive field enough")
    wanted = st.number_input(
        "Receptive field above, px",
        0,
        MAX_FIELD_ASKED,
        limits.receptive_field_above,
        key=f"wanted-field-{limits.receptive_field_above}",
        width=220,
        help="The rule's limit; a larger number asks for more.",
    )
    found = suggestions(spec, int(wanted))
    if description.receptive_field > wanted:
        st.success(f"The field is {description.receptive_field} px already.", icon=":material/check:")
    elif not found:
        st.info(
            f"No single dilation or extra convolution brings the field above {wanted} px.",
            icon=":material/info:",
        )
    for number, suggestion in enumerate(found):
        _draw_suggestion(suggestion, number)


def _draw_suggestion(suggestion: Suggestion, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(
            f"{plain(suggestion.sentence)}: field **{suggestion.receptive_field} px**, coverage "
            f"{percent(suggestion.coverage)}, {suggestion.extra_params:+,} parameters, "
            f"{suggestion.extra_macs / MILLION:+.2f} M MACs."
        )
        st.button(
            "Apply",
            icon=":material/check:",
            key=f"suggestion-{number}",
            on_click=replace_architecture,
            args=(suggestion.spec,),
        )
