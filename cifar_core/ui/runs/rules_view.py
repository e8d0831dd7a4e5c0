"""The rules of a run beside the rules of its network."""

from __future__ import annotations

import streamlit as st

from cifar_core.analysis.run_rules import RunLimits, judge_run
from cifar_core.architecture import RuleLimits, judge
from cifar_core.runs import Run
from cifar_core.ui.architecture.numbers import ask_limits, show_rules
from cifar_core.ui.keeping import KEPT
from cifar_core.words import plain

ASSIGNMENT = RunLimits()


def choose_all_limits() -> tuple[RuleLimits, RunLimits]:
    """The limits of a network and of a run, the assignment's unless a teacher sets others."""
    with st.popover("Limits", icon=":material/tune:", help="Others than the assignment's."):
        accuracy = st.number_input(
            "Test accuracy from, %", 0.0, 100.0, 100 * ASSIGNMENT.accuracy_from, 0.5, key="limit-accuracy", **KEPT
        )
        return ask_limits(), RunLimits(accuracy_from=accuracy / 100)


def draw_rules(run: Run) -> None:
    """Each rule with its verdict and by how much, and the limits that they are judged by."""
    limits, run_limits = choose_all_limits()
    rules = judge_run(run, run_limits)
    st.markdown(f"**The run** {plain(run.name)}")
    show_rules(rules, open_rules={rule.name for rule in rules if not rule.judged})
    st.markdown(f"**Its network** {plain(run.config.architecture.name)}")
    show_rules(judge(run.config.architecture, limits))
