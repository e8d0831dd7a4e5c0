"""Training: launch what lies on the workbench, and watch it."""

from cifar_core.ui import resources
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes
from cifar_core.ui.training.launch_form import draw_launch_form
from cifar_core.ui.training.live_view import watch

with page("Training"):
    resources.jobs().warm_up()
    form, live = two_panes()
    with form:
        draw_launch_form()
    with live:
        watch()
