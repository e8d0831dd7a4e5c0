"""One image opened: what the network said of it, what it relied on, and what lies near it."""

from __future__ import annotations

import streamlit as st

from cifar_core.data.datasets import Images
from cifar_core.errors import DataError, LabError
from cifar_core.runs import RunOrigin
from cifar_core.ui import explaining, resources
from cifar_core.ui.address import linked, write
from cifar_core.ui.figures.probabilities import probability_figure
from cifar_core.ui.gallery import gallery
from cifar_core.ui.mistakes.missing import tell_no_weights
from cifar_core.ui.mistakes.relied_view import draw_relied
from cifar_core.ui.mistakes.subject import Subject
from cifar_core.ui.sprites import enlarge, framed
from cifar_core.words import percent, plain

NEIGHBOURS = 8
_OPENED = "opened-image"
"""(scope, position) of the image in the dialog."""
_LINK = "image"
_FOLLOWED = "followed-image"
"""(scope, index) of the link that was opened last: a rerun must not open it again."""


def open_image(subject: Subject, position: int) -> None:
    """Opens one of the predicted images over the page, and names it in the URL.

    Args:
        subject: whose.
        position: in its predictions.
    """
    _note(subject, position)
    _dialog(subject)


def follow_image_link(subject: Subject) -> None:
    """Opens the image of `?image=`, its index in the data set, once."""
    link = linked(_LINK)
    if link is None or st.session_state.get(_FOLLOWED) == (subject.scope, link):
        return
    if _FOLLOWED in st.session_state:
        _forget()  # it spoke of another run's image, or of another set's
        return
    st.session_state[_FOLLOWED] = (subject.scope, link)
    index = subject.predictions.index
    found = (index == int(link)).nonzero()[0] if link.isdecimal() and len(link) < 9 else []
    if len(found):
        open_image(subject, int(found[0]))
    else:
        sentence = f"Image {plain(link)} is none of the {subject.split} images that this run predicted."
        st.warning(sentence, icon=":material/link_off:")


def _note(subject: Subject, position: int) -> None:
    link = str(subject.predictions.index[position])
    st.session_state[_OPENED] = position
    st.session_state[_FOLLOWED] = (subject.scope, link)
    write(_LINK, link)


def _forget() -> None:
    write(_LINK, None)
    st.session_state.pop(_FOLLOWED, None)


@st.dialog("One image", width="large", icon=":material/image_search:", on_dismiss=_forget)
def _dialog(subject: Subject) -> None:
    position = st.session_state[_OPENED]
    chosen = draw_image(subject, position)
    if chosen is not None:
        _note(subject, chosen)
        st.rerun(scope="fragment")


def draw_image(subject: Subject, position: int) -> int | None:
    """Everything about one image; what needs the images or the weights says so where they are missing.

    Args:
        subject: whose.
        position: in its predictions.

    Returns:
        The position of a neighbour that was clicked; None if none was.
    """
    try:
        (picture,) = subject.images([position])
    except DataError as error:
        _draw_answer(subject, position, None)
        st.warning(f"The image itself is not here. {plain(str(error))}", icon=":material/image_not_supported:")
        return None
    _draw_answer(subject, position, picture)
    try:
        draw_relied(subject, position, picture)
        neighbours = st.container()
        _draw_variants(subject, position, picture)
        # Last, since all the images may have to be looked at first.
        with neighbours:
            return _draw_neighbours(subject, position)
    except LabError as error:
        tell_no_weights(subject.run, error)
        return None


def _draw_answer(subject: Subject, position: int, picture: Images | None) -> None:
    """The image, and what the network said of it."""
    predictions, names = subject.predictions, subject.info.class_names
    true, answer = int(predictions.targets[position]), int(predictions.predicted[position])
    probabilities = predictions.probabilities[position]
    row = st.container(horizontal=True, gap="medium")
    with row.container(width=280):
        title = f"{subject.split.capitalize()} image {predictions.index[position]}"
        if picture is not None:
            st.image(enlarge(picture, 8), width=256, output_format="PNG", alt=f"{title}: {names[true]}")
        said = "right" if true == answer else f"wrong: it is **{names[true]}**"
        st.markdown(f"{title}. The network says **{names[answer]}**, which is {said}.")
        st.caption(
            f"{percent(float(probabilities[answer]))} for {names[answer]}, "
            f"{percent(float(probabilities[true]))} for the truth. Run {plain(subject.run.name)}."
            # What is computed anew below may differ from these in its last digit.
            + (" Its package kept them in steps of 1/255." if subject.run.origin != RunOrigin.TRAINED else "")
        )
    with row.container(width="stretch"):
        st.plotly_chart(
            probability_figure([("probability", probabilities)], names, true),
            key=f"probabilities-{subject.scope}",
            config={"displayModeBar": False},
            alt="Probability of each class: "
            + ", ".join(f"{name} {percent(float(p))}" for name, p in zip(names, probabilities, strict=True)),
        )


def _draw_variants(subject: Subject, position: int, picture: Images) -> None:
    st.markdown("**Under the run's augmentation**")
    if not subject.run.config.augmentation.transforms:
        st.caption("This run trained without augmentation: every draw would be the image itself.")
        return
    drawn = explaining.variants(subject.store, subject.run, picture)
    names, answers = subject.info.class_names, drawn.probabilities.argmax(axis=1)
    st.caption(
        f"{int(drawn.same_answer.sum())} of {len(answers)} draws get the same answer as the image itself, "
        f"{names[drawn.original.argmax()]}: a stability of {percent(drawn.stability)}."
    )
    captions = [
        f"{names[answer]} with {percent(float(shares[answer]))}"
        for answer, shares in zip(answers, drawn.probabilities, strict=True)
    ]
    alts = [f"Draw {number}: predicted {caption}" for number, caption in enumerate(captions, 1)]
    st.image([framed(image) for image in drawn.images], caption=captions, alt=alts, width=112)


def _draw_neighbours(subject: Subject, position: int) -> int | None:
    """The predicted images that look most alike to the network."""
    st.markdown("**Nearest for the network**")
    st.caption(
        f"Of the {len(subject.predictions.targets):,} {subject.split} images those with the highest cosine similarity "
        "of the features that enter the last layer. Under each its class, then what the network said and how sure it "
        "was; a click opens it."
    )
    features = resources.features(subject.store, subject.run, subject.split)
    from cifar_core.analysis.features import nearest

    found = nearest(features, position, NEIGHBOURS)
    clicked = gallery(subject.gallery_images(found), key=f"neighbours-{subject.scope}") if len(found) else None
    return None if clicked is None else int(found[clicked])
