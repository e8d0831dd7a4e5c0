"""Augmentation: move the sliders and see what the network is shown."""

import streamlit as st

from cifar_core.data import available_datasets, dataset_info
from cifar_core.data.augmentation.preview import draw_samples, first_of_each_class
from cifar_core.ui import resources
from cifar_core.ui.augmentation.editor import choose_augmentation
from cifar_core.ui.augmentation.take_away_view import draw_take_away
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.ui.keeping import KEPT
from cifar_core.ui.page import page
from cifar_core.ui.panes import two_panes
from cifar_core.ui.sprites import grid

SAMPLES = 8
VIEWS = ("One of each class", "One image")

with page("Augmentation", ":material/auto_fix_high:"):
    controls, picture = two_panes()
    with controls:
        spec = choose_augmentation()
    with picture:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            data_name = st.selectbox(
                "Images",
                available_datasets(),
                format_func=lambda name: dataset_info(name).title,
                key="samples-from",
                width=180,
                **KEPT,
            )
            dataset = resources.dataset(data_name)
            by_class = st.selectbox("Show", VIEWS, key="samples", width=180, **KEPT) == VIEWS[0]
            last = len(dataset.train) - 1
            position = 0 if by_class else st.number_input("Image number", 0, last, 0, key="number", width=140, **KEPT)
            draw = st.number_input(
                "Draw", 0, 9_999, 0, key="draw", help="One number, one set of samples; step on for new ones.", width=140
            )
        positions = first_of_each_class(dataset) if by_class else [int(position)] * 6
        rows = draw_samples(dataset, spec, positions, SAMPLES, int(draw))
        shown = ", ".join(dataset.class_names) if by_class else dataset.class_names[dataset.train.targets[positions[0]]]
        st.caption(f"Left: the original. Right of it: {SAMPLES} draws, as the network would be shown them. {shown}.")
        st.image(grid(rows, factor=4), width="stretch", alt=f"Originals and samples: {shown}")
        if not spec.transforms:
            st.info("No transform is on: every draw equals the original.", icon=":material/info:")
        offer_cifar10()
    draw_take_away(spec, dataset.mean)
