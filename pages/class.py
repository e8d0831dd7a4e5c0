"""Class: a teacher's table over what a class handed in, with what the students say of it."""

import streamlit as st

from cifar_core.classroom.judging import judge_class
from cifar_core.classroom.table import ClassLimits
from cifar_core.ui.classroom.choosing import choose_class
from cifar_core.ui.classroom.empty_view import draw_format
from cifar_core.ui.classroom.one_view import draw_one
from cifar_core.ui.classroom.recompute_view import offer_recomputing
from cifar_core.ui.classroom.table_view import draw_remarks, draw_table
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes
from cifar_core.ui.runs.rules_view import choose_all_limits

with page("Class"):
    brought, claims = choose_class()
    if brought is None:
        draw_format()
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            network_limits, run_limits = choose_all_limits()
            offer_recomputing(brought)
        limits = ClassLimits(network=network_limits, run=run_limits)
        table = judge_class(brought.submissions, claims, limits, brought.recomputed)
        draw_table(table, brought.name)
        remarks, one = two_panes()
        with remarks:
            draw_remarks(table)
        with one:
            draw_one(table, brought.submissions)
