"""Augmentation: move the sliders and see what the network is shown."""

import streamlit as st

from cifar_core.data import available_datasets, dataset_info
from cifar_core.data.preview import draw_samples, first_of_each_class
from cifar_core.ui import resources
from cifar_core.ui.augmentation_editor import choose_augmentation
from cifar_core.ui.page import page
from cifar_core.ui.sprites import grid
from cifar_core.ui.workbench import put_augmentation

SAMPLES = 8

with page("Augmentation", ":material/auto_fix_high:"):
    controls, picture = st.columns([1, 2], gap="large")
    with controls:
        preset, spec = choose_augmentation("assignment")
    put_augmentation(preset.name, spec)
    with picture:
        choices, draws = st.columns([3, 1], vertical_alignment="bottom")
        names = available_datasets()
        with choices.container(horizontal=True, vertical_alignment="bottom"):
            data_name = st.segmented_control(
                "Images", names, default=names[0], required=True, format_func=lambda name: dataset_info(name).title
            )
            view = st.segmented_control(
                "Show", ["One of each class", "One image"], default="One of each class", required=True
            )
            dataset = resources.dataset(data_name or names[0])
            last = len(dataset.train) - 1
            position = st.number_input("Image number", 0, last, 0, disabled=view != "One image", width=140)
        draw = draws.number_input(
            "Draw", 0, 9_999, 0, help="The same number draws the same samples; step on for new ones."
        )
        by_class = view == "One of each class"
        positions = first_of_each_class(dataset) if by_class else [int(position)] * 4
        rows = draw_samples(dataset, spec, positions, SAMPLES, int(draw))
        shown = ", ".join(dataset.class_names) if by_class else dataset.class_names[dataset.train.targets[positions[0]]]
        st.caption(f"Left: the original. Right of it: {SAMPLES} draws, as the network would be shown them. {shown}.")
        st.image(grid(rows, factor=2 if by_class else 3), width="stretch", alt=f"Originals and samples: {shown}")
        if not spec.transforms:
            st.info("No transform is on: every draw equals the original.", icon=":material/info:")
        if "cifar10" not in names:
            st.caption("CIFAR-10 is not here: digits stand in. `python -m cifar_core data fetch` gets it.")
    st.download_button(
        "Augmentation as JSON",
        spec.to_json(),
        file_name=f"{spec.name}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
