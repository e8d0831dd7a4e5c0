"""Augmentation: move the sliders and see what the network is shown."""

from cifar_core.ui.augmentation.assignment_view import draw_assignment_view
from cifar_core.ui.augmentation.editor import choose_augmentation
from cifar_core.ui.augmentation.samples_view import draw_samples_view
from cifar_core.ui.augmentation.sweep_view import draw_sweep_view
from cifar_core.ui.augmentation.take_away_view import draw_take_away
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.ui.page import page
from cifar_core.ui.panes import choose_pane, two_panes

PANES = ("Samples", "One parameter", "The assignment", "Take away")

with page("Augmentation"):
    controls, pictures = two_panes(is_following=True)
    with controls:
        spec = choose_augmentation()
    with pictures:
        pane = choose_pane(PANES, "pictures", persist_state="session")
        if pane == "Samples":
            draw_samples_view(spec)
        elif pane == "One parameter":
            draw_sweep_view(spec)
        elif pane == "The assignment":
            draw_assignment_view()
        else:
            draw_take_away(spec)
        offer_cifar10()
