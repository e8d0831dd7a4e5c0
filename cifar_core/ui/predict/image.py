"""Which image is looked at: one of a test set, or a person's own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from cifar_core.data import dataset_info, dataset_status
from cifar_core.data.datasets import IMAGE_SIZE, Images
from cifar_core.runs import Run
from cifar_core.ui import resources
from cifar_core.ui.address import linked, write
from cifar_core.ui.download_view import offer_cifar10
from cifar_core.ui.own_picture.view import bring_own_picture, draw_pictures
from cifar_core.ui.predict.drawing import choose_drawing

Source = Literal["test", "own", "drawing"]
_SOURCES: dict[Source, str] = {"test": "A test image", "own": "Your own picture", "drawing": "A drawing"}
_SOURCE, _DATASET, _LINKED = "predict-source", "predict-dataset", "linked-test-image"


@dataclass(frozen=True, slots=True)
class ChosenImage:
    """What the networks are asked about."""

    seen: Images
    """uint8 [32, 32, 3]."""
    title: str
    """"Test image 7 of CIFAR-10"."""
    dataset: str | None = None
    """The data set of whose test images it is; None for a person's own."""
    true_class: int | None = None
    """Its number among that data set's classes."""


def choose_image(runs: Sequence[Run]) -> ChosenImage | None:
    """Widgets that choose an image, and the image as it is given beside what the network sees.

    Args:
        runs: at least one: the test images of their data sets are offered.

    Returns:
        None where there is none yet, which is then said.

    Raises:
        DataError: the test set's files are damaged.
    """
    datasets = list(dict.fromkeys(run.config.dataset for run in runs))
    _follow_link(datasets)
    st.session_state.setdefault(_SOURCE, "test")
    chosen: Source | None = st.segmented_control(
        "Image",
        list(_SOURCES),
        format_func=_SOURCES.__getitem__,
        required=True,
        key=_SOURCE,
        persist_state="session",
    )
    if chosen == "test":
        return _choose_test_image(datasets)
    for parameter in ("image", "images"):
        write(parameter, None)
    st.session_state.pop(_LINKED, None)  # the same link may come once more
    return _draw_on_pad() if chosen == "drawing" else _bring_own()


def _draw_on_pad() -> ChosenImage | None:
    picture = choose_drawing()
    if picture is None:
        return None
    draw_pictures(None, picture.seen, "Your drawing")
    return ChosenImage(picture.seen, "Your drawing")


def _bring_own() -> ChosenImage | None:
    own = bring_own_picture()
    return None if own is None else ChosenImage(own.picture.seen, own.name)


def _choose_test_image(datasets: Sequence[str]) -> ChosenImage | None:
    name = _choose_dataset(datasets)
    if not dataset_status(name).available:
        offer_cifar10("no test image of it can be shown; your own picture can", "its test images can be shown")
        return None
    info, images = dataset_info(name), resources.dataset(name).test
    key = _image_key(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        index = int(
            st.number_input(
                "Test image", 0, len(images) - 1, key=key, persist_state="session", width=130, help="From 0."
            )
        )
        st.button(
            "Draw another",
            icon=":material/casino:",
            key="draw-another",
            on_click=_draw_another,
            args=(key, len(images)),
        )
    _write_link(name, index, name != datasets[0])
    true_class, image = int(images.targets[index]), images.images[index]
    title = f"Test image {index} of {info.title}"
    draw_pictures(None, image, f"{title}: {info.class_names[true_class]}")
    st.caption(
        f"{title}: **{info.class_names[true_class]}**. The network gets it as it is, {IMAGE_SIZE} x {IMAGE_SIZE} "
        "pixels; no run trains on test images."
    )
    return ChosenImage(image, title, name, true_class)


def _choose_dataset(datasets: Sequence[str]) -> str:
    if len(datasets) == 1:
        return datasets[0]
    if st.session_state.get(_DATASET) not in datasets:
        st.session_state[_DATASET] = datasets[0]
    chosen = st.segmented_control(
        "Of the data set",
        datasets,
        format_func=lambda each: dataset_info(each).title,
        required=True,
        key=_DATASET,
        persist_state="session",
    )
    return chosen or datasets[0]


def _draw_another(key: str, total: int) -> None:
    st.session_state[key] = random.randrange(total)


def _image_key(dataset: str) -> str:
    return f"test-image-{dataset}"


def _follow_link(datasets: Sequence[str]) -> None:
    """`?image=INDEX` opens a test image of the first run's data set, or of the one that `&images=NAME` says."""
    index, named = link = _link()
    if not index or link == st.session_state.get(_LINKED):
        return
    st.session_state[_LINKED], name = link, named or datasets[0]
    total = dataset_info(name).test_images if name in datasets else 0
    if index.isdecimal() and len(index) < 9 and int(index) < total:
        st.session_state[_SOURCE], st.session_state[_image_key(name)] = "test", int(index)
        if len(datasets) > 1:
            st.session_state[_DATASET] = name
    else:
        sentence = "The link names no test image of the runs' data sets: another one is shown."
        st.warning(sentence, icon=":material/link_off:")


def _write_link(dataset: str, index: int, is_named: bool) -> None:
    write("image", str(index))
    write("images", dataset if is_named else None)
    st.session_state[_LINKED] = _link()


def _link() -> tuple[str | None, str | None]:
    """As it stands in the URL. What it means changes with the chosen runs, which does not make it a new link."""
    return linked("image"), linked("images")
