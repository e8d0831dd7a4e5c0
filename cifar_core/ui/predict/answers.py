"""What the chosen runs say of an image, what they relied on, and whether they stay with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from cifar_core.data import AugmentationSpec, DatasetInfo, augmentation_names, dataset_info, find_augmentation
from cifar_core.errors import LabError
from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.runs import Run, RunStore
from cifar_core.ui import explaining, resources
from cifar_core.ui.colors import TEXT_ON
from cifar_core.ui.figures.overlay import overlay_figure
from cifar_core.ui.figures.probabilities import probability_figure
from cifar_core.ui.figures.stability import Answers, stability_figure
from cifar_core.ui.predict.image import ChosenImage
from cifar_core.ui.predict.runs import run_label
from cifar_core.words import percent, plain

if TYPE_CHECKING:
    from cifar_core.analysis.variants import Variants

_LETTERS = "ABCD"
"""Stand for the runs where their names leave no room."""
_NO_BAR = {"displayModeBar": False}
_NO_NONE = (
    "A picture of none of the classes gets an answer all the same: the softmax shares 100 % out among them and keeps "
    "nothing back for “none of these”."
)
_SHARE_FORMAT = ".2~p"
"""A probability in percent with two digits, as d3 writes it: most losses are far below one percent point."""
_MAP_WIDTH, _MAP_HEIGHT = 262, 220
"""Screen pixels of an occlusion map: four stand side by side on a window of 1440, two on one of 800."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one run's network says of the image."""

    run: Run
    probabilities: NDArray[np.float32]
    """float32 [num_classes]."""
    epoch: int
    """Of the weights."""

    @property
    def info(self) -> DatasetInfo:
        """The data set whose classes it knows."""
        return dataset_info(self.run.config.dataset)

    @property
    def number(self) -> int:
        """The most probable class."""
        return int(self.probabilities.argmax())

    @property
    def name(self) -> str:
        """That class's name."""
        return self.info.class_names[self.number]

    @property
    def share(self) -> float:
        """Its probability, in 0..1."""
        return float(self.probabilities[self.number])


def ask(store: RunStore, runs: Sequence[Run], image: ChosenImage) -> dict[str, list[Answer]]:
    """Lets every run's network answer; one that cannot is told in a sentence, and the others go on.

    Returns:
        The answers by data set: runs of different ones have different classes, and are never mixed.
    """
    answers: dict[str, list[Answer]] = {}
    for run in runs:
        try:
            answer = _answer(store, run, image)
        except LabError as error:
            sentence = f"**{plain(run_label(run))}** cannot answer. {plain(str(error))}"
            st.warning(sentence, icon=":material/broken_image:")
            st.page_link(
                "pages/training.py",
                label=f"See run {plain(run.name)} in Training",
                icon=":material/play_circle:",
                query_params={"run": run.id},
            )
        else:
            answers.setdefault(run.config.dataset, []).append(answer)
    return answers


def _answer(store: RunStore, run: Run, image: ChosenImage) -> Answer:
    network = resources.trained_network(store, run)
    import torch

    probabilities = network.probabilities(torch.from_numpy(image.seen[None])).numpy()[0]
    return Answer(run, probabilities, network.epoch)


def draw_answers(answers: dict[str, list[Answer]], image: ChosenImage) -> None:
    """A sentence a run, and the probabilities of those of one data set side by side."""
    if len(answers) > 1:
        titles = " and ".join(dataset_info(name).title for name in answers)
        st.caption(f"The runs tell the classes of {titles} apart: each data set has a chart of its own.")
    if answers and image.dataset is None:
        st.caption(_NO_NONE)
    for name, group in answers.items():
        info = dataset_info(name)
        is_of_set = image.dataset == name
        if len(answers) > 1:
            st.markdown(f"**{info.title}**")
        for answer in group:
            st.markdown(_sentence(answer, image.true_class if is_of_set else None))
        if image.dataset is not None and not is_of_set:
            st.caption(f"{image.title} is none of the classes of {info.title}. {_NO_NONE}")
        st.plotly_chart(
            probability_figure(
                [(escape(run_label(answer.run)), answer.probabilities) for answer in group],
                info.class_names,
                image.true_class if is_of_set else None,
            ),
            key=f"predict-probabilities-{name}",
            config=_NO_BAR,
            alt=f"Probability of each class of {info.title}: "
            + "; ".join(f"{run_label(answer.run)} says {answer.name}, {percent(answer.share)}" for answer in group),
        )


def _sentence(answer: Answer, true_class: int | None) -> str:
    run = answer.run
    verdict = ""
    if true_class is not None:
        truth, share = answer.info.class_names[true_class], percent(float(answer.probabilities[true_class]))
        is_right = answer.number == true_class
        verdict = (
            ", :material/check_circle: right" if is_right else f", :material/cancel: wrong: it is **{truth}** ({share})"
        )
    known = f"Weights of epoch {answer.epoch}"
    if run.test_accuracy is not None:
        known += f", test accuracy {percent(run.test_accuracy)}, {ACCURACY_LABELS[run.config.training.protocol]}"
    return f"**{plain(run_label(run))}**: **{answer.name}**, {percent(answer.share)}{verdict}  \n:small[{known}]"


def draw_relied(store: RunStore, answers: Sequence[Answer], image: ChosenImage) -> None:
    """An occlusion map a run.

    Raises:
        StoreError: a run's weights cannot be read any more.
    """
    st.markdown("**What they relied on**" if len(answers) > 1 else "**What it relied on**")
    st.caption(
        "A square of 8 x 8 pixels is covered with the data set's mean colour: orange where the answer then loses "
        "probability, blue where it gains (occlusion map; Zeiler and Fergus, 2014)."
    )
    with st.container(horizontal=True):
        for answer in answers:
            with st.container(width=_MAP_WIDTH), st.spinner("Covering the image …"):
                heat = explaining.occlusion(store, answer.run, image.seen, answer.number)
                st.caption(f"{plain(run_label(answer.run))}: {answer.name}")
                st.plotly_chart(
                    overlay_figure(image.seen, heat, "loss of probability", number_format=_SHARE_FORMAT).update_layout(
                        height=_MAP_HEIGHT
                    ),
                    key=f"predict-occlusion-{answer.run.id}",
                    config=_NO_BAR,
                    alt=f"Occlusion map of {run_label(answer.run)} for {answer.name}: the largest mean loss of "
                    f"probability is {percent(float(heat.max()))}",
                )


def draw_stability(store: RunStore, answers: dict[str, list[Answer]], image: ChosenImage) -> None:
    """The image under eight draws of an augmentation, and what the runs answer to each.

    Raises:
        StoreError: a run's weights cannot be read any more.
    """
    st.markdown("**Under augmentation**")
    spec, draw = _choose_augmentation()
    ids = [answer.run.id for group in answers.values() for answer in group]
    letters = dict(zip(ids, _LETTERS if len(ids) > 1 else [""], strict=False))
    for name, group in answers.items():
        with st.spinner("Augmenting the image …"):
            drawn = [explaining.variants(store, answer.run, image.seen, spec, draw) for answer in group]
        for answer, each in zip(group, drawn, strict=True):
            told = f"{int(each.same_answer.sum())} of {len(each.images)} the same answer, {answer.name}"
            st.markdown(f"{letters[answer.run.id]} **{plain(run_label(answer.run))}**: {told}".lstrip())
        rows = [_row(letters[answer.run.id], answer, each) for answer, each in zip(group, drawn, strict=True)]
        st.plotly_chart(
            stability_figure(image.seen, drawn[0].images, rows, TEXT_ON[st.context.theme.type or "light"]),
            key=f"predict-stability-{name}",
            config=_NO_BAR,
            alt="Answers to the image and its draws. "
            + "; ".join(f"{run_label(a.run)}: {', '.join(row.classes)}" for a, row in zip(group, rows, strict=True)),
        )


def _choose_augmentation() -> tuple[AugmentationSpec, int]:
    """An augmentation, and the number of its draws: the same ones for every run, so that answers can be compared."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Augmentation",
            [name for name in augmentation_names() if find_augmentation(name).spec.transforms],
            format_func=lambda name: find_augmentation(name).title,
            key="predict-augmentation",
            persist_state="session",
            width=260,
            help="The same draws for every run of a data set.",
        )
        draw = st.number_input(
            "Draw", 0, 9_999, 0, key="predict-draw", persist_state="session", width=130, help="Step on for new ones."
        )
    return find_augmentation(chosen).spec, int(draw)


def _row(letter: str, answer: Answer, variants: Variants) -> Answers:
    shares = np.concatenate([variants.original[None], variants.probabilities])
    classes = [answer.info.class_names[number] for number in shares.argmax(axis=1)]
    return Answers(letter, classes, shares.max(axis=1))
