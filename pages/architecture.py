"""Architecture: choose a preset, move the widths, and see count, field, table and rules change."""

import streamlit as st

from cifar_core.architecture import describe
from cifar_core.architecture.rules import RuleLimits
from cifar_core.ui.architecture_editor import (
    choose_preset,
    choose_widths,
    show_layers,
    show_numbers,
    show_rules,
    warn_of_holes,
)
from cifar_core.ui.figures.field import field_figure
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes
from cifar_core.ui.take_away import json_download
from cifar_core.ui.workbench import put_architecture

with page("Architecture", ":material/schema:"):
    numbers = st.container()
    controls, judged = two_panes()
    with controls:
        preset = choose_preset()
        spec = choose_widths(preset)
    put_architecture(preset.name, spec)
    description = describe(spec)
    with numbers:
        show_numbers(description, describe(preset.spec))
        warn_of_holes(description)
    with judged:
        st.markdown("**The assignment's rules**")
        show_rules(description.rules)
    with controls:
        st.markdown("**Receptive field, layer by layer**")
        st.plotly_chart(
            field_figure(spec.layers, spec.input.size, RuleLimits().receptive_field_above, height=360),
            key="field",
            config={"displayModeBar": False},
            alt=f"Nested squares up to a receptive field of {description.receptive_field} pixels",
        )
    show_layers(description)
    json_download("Architecture as JSON", spec)
