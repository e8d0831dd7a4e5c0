"""Images whose label the network doubts, and images that it cannot decide on."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from cifar_core.analysis.label_errors import find_label_errors, rank_ambiguous
from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.ui.mistakes.image_pages import draw_image_pages
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.words import counted, percent

Doubt = Literal["label errors", "ambiguous"]

_TITLES: dict[Doubt, str] = {"label errors": "Likely label errors", "ambiguous": "Ambiguous images"}
AMBIGUOUS_FROM = 0.3
"""Probability of the second class: below it, hardly anybody would call the answer undecided."""


def draw_label_errors(subject: Subject) -> None:
    """A gallery of likely label errors or of ambiguous images, with the method, its source and its limits."""
    kinds: tuple[Doubt, ...] = ("label errors", "ambiguous")
    kind = st.segmented_control(
        "Show",
        kinds,
        default="label errors",
        format_func=_TITLES.__getitem__,
        required=True,
        key="label-errors-doubt",
        label_visibility="collapsed",
        persist_state="session",
    )
    if kind == "label errors":
        _draw_errors(subject)
    else:
        _draw_ambiguous(subject)


def _draw_errors(subject: Subject) -> None:
    found, names, predictions = find_label_errors(subject.predictions), subject.info.class_names, subject.predictions
    wrong = int((predictions.predicted != predictions.targets).sum())
    st.markdown(
        f"**{counted(len(found.positions), 'candidate')}** among {len(predictions.targets):,} {subject.split} images, "
        "the most doubtful first. Under each its label, then what the network says and how far the label falls short."
    )
    accuracy = f"{percent(predictions.accuracy)}, {ACCURACY_LABELS[subject.run.config.training.protocol]}"
    st.caption(
        "Confident learning (Northcutt, Jiang, Chuang 2021, JAIR 70): an image is a candidate if its probability for "
        "another class is at least what images of that class get on average; ranked by the label's probability less "
        f"the largest other one. The network was not trained on these images, and is right in {accuracy}: most of its "
        f"{counted(wrong, 'mistake')} may be its own, and a weak network takes its own mistakes for errors of the "
        "label. Look before you believe."
    )

    def caption(place: int) -> str:
        label = names[predictions.targets[found.positions[place]]]
        return f"{label} → {names[found.suggested[place]]}?\n{100 * found.margins[place]:+.1f} points"

    if len(found.positions):
        draw_image_pages(subject, found.positions, f"errors-{subject.scope}", caption)


def _draw_ambiguous(subject: Subject) -> None:
    ranked, names, predictions = rank_ambiguous(subject.predictions), subject.info.class_names, subject.predictions
    torn = int((ranked.scores >= AMBIGUOUS_FROM).sum())
    st.markdown(
        f"For **{counted(torn, 'image')}** of {len(predictions.targets):,} {subject.split} images a second class gets "
        f"{percent(AMBIGUOUS_FROM)} or more; the most undecided first. Under each its label, then the two classes."
    )
    st.caption(
        "Ranked by the probability of the second class, which is large only where two classes are near each other (the "
        "margin of Scheffer, Decomain, Wrobel 2001) and leave little for the rest. A network that is right in "
        f"{percent(predictions.accuracy)} of these images is undecided about many that a person is not."
    )

    def caption(place: int) -> str:
        at = ranked.positions[place]
        shares = [
            f"{names[number]}: {percent(float(predictions.probabilities[at, number]))}"
            for number in (ranked.first[place], ranked.second[place])
        ]
        return "\n".join([f"label {names[predictions.targets[at]]}", *shares])

    if torn:
        draw_image_pages(subject, ranked.positions[:torn], f"ambiguous-{subject.scope}", caption)
