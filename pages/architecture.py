"""Architecture: design a network with your hands, and see count, field, cost and rules answer."""

import streamlit as st

from cifar_core.architecture import describe
from cifar_core.ui.architecture.bring_view import bring_network
from cifar_core.ui.architecture.budget_view import fit_budget, suggest_edits
from cifar_core.ui.architecture.changing import tell_problem
from cifar_core.ui.architecture.compare_view import compare_networks
from cifar_core.ui.architecture.field_view import show_field
from cifar_core.ui.architecture.layer_editor import edit_layers
from cifar_core.ui.architecture.layer_table import show_layers
from cifar_core.ui.architecture.numbers import choose_limits, show_findings, show_numbers, show_rules
from cifar_core.ui.architecture.panes import PANE, is_in_editor
from cifar_core.ui.architecture.row_tools import choose_head, draw_row_tools, edit_json
from cifar_core.ui.architecture.seed_view import show_seed_table
from cifar_core.ui.architecture.start import choose_preset, choose_widths, draw_way_back
from cifar_core.ui.architecture.take_away_view import take_away
from cifar_core.ui.page import page
from cifar_core.ui.panes import choose_pane, two_panes
from cifar_core.ui.workbench import architecture_on_workbench

PANES = ("Layers", "Edit", "Field", "Fit", "Compare", "Your network", "Take away")

with page("Architecture"):
    spec = architecture_on_workbench()
    numbers = st.container()
    controls, judged = two_panes()
    with controls:
        preset = choose_preset()
        choose_widths(spec)
        draw_way_back(preset, spec)
        if not is_in_editor():
            tell_problem()
    with judged:
        heading = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute")
        heading.markdown("**The assignment's rules**")
        with heading:
            limits = choose_limits()
        description = describe(spec, limits)
        with st.container(gap="xxsmall"):
            show_rules(description.rules)
            show_findings(description)
    with numbers:
        show_numbers(description, describe(preset.spec))
    pane = choose_pane(PANES, PANE)
    if pane == "Layers":
        show_layers(description, spec.input.size)
        show_seed_table(preset.name)
    elif pane == "Edit":
        edit_layers(spec)
        tools, nested = two_panes()
        with tools:
            draw_row_tools(spec)
            choose_head(spec)
        with nested:
            edit_json(spec)
        show_layers(description, spec.input.size)
    elif pane == "Field":
        show_field(spec, description, limits)
    elif pane == "Fit":
        fit_budget(spec, limits)
        suggest_edits(spec, description, limits)
    elif pane == "Compare":
        compare_networks(spec)
    elif pane == "Your network":
        bring_network()
    else:
        take_away(preset, spec)
