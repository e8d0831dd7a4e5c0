"""One amount of one transform swept over its range, as a film and as a strip."""

from __future__ import annotations

import streamlit as st

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation import Transform
from cifar_core.data.augmentation.amounts import Amount
from cifar_core.data.augmentation.catalogue import TRANSFORMS, titles
from cifar_core.data.augmentation.units import written, written_range
from cifar_core.ui.augmentation.choosing import Originals, choose_dataset, choose_number, one_image, own_picture
from cifar_core.ui.figures.sweep import sweep_figure
from cifar_core.ui.gallery import GalleryImage, sheet
from cifar_core.ui.keeping import KEPT

_OF_SET, _OWN = "One image", "Your own picture"
_STILL, _FILM = 13, 61
"""Pictures of the strip and of the film; of whole pixels there may be fewer."""


def draw_sweep_view(spec: AugmentationSpec) -> None:
    """Widgets that choose an image, a transform and an amount, and the image under each value of it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        dataset = choose_dataset()
        source = st.selectbox("Of", (_OF_SET, _OWN), key="swept-image", width=180, **KEPT)
        number = choose_number(dataset) if source == _OF_SET else 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        transform, is_on = _choose_transform(spec)
        name, amount = _choose_amount(transform)
    originals = own_picture() if source == _OWN else one_image(dataset, number)
    if originals is not None:
        _draw_sweep(originals, transform, name, amount, dataset.mean)
        asked = written_range(amount.asked, amount.unit)
        who = "Your augmentation" if is_on else "It is not on; with its usual settings it"
        does = f"leaves it at {asked}" if _is_fixed(amount) else f"draws {asked}; a picture beyond that is marked"
        st.caption(f"{who} {does}. Everything else that the transform draws is kept still.")


def _choose_transform(spec: AugmentationSpec) -> tuple[Transform, bool]:
    """A transform with amounts to sweep, as it is set in the spec if it is on there; and whether it is."""
    from cifar_core.data.augmentation.sweep import sweepable

    usual = {info.title: info.make() for info in TRANSFORMS.values() if sweepable(info.make())}
    on = {
        title: transform
        for title, transform in zip(titles(spec.transforms), spec.transforms, strict=True)
        if sweepable(transform)
    }
    # The first of a kind stands where its kind is offered, and one more of it behind them all.
    title = st.selectbox("Transform", list(usual | on), key="swept", width=280, **KEPT)
    return on[title] if title in on else usual[title], title in on


def _choose_amount(transform: Transform) -> tuple[str, Amount]:
    from cifar_core.data.augmentation.sweep import sweepable

    amounts = sweepable(transform)
    name = st.selectbox(
        "Parameter",
        list(amounts),
        format_func=lambda name: amounts[name].title,
        key=f"swept-{transform.type}",
        persist_state="session",
        width=220,
    )
    return name, amounts[name]


def _draw_sweep(originals: Originals, transform: Transform, name: str, amount: Amount, mean: tuple[float, ...]) -> None:
    from cifar_core.data.augmentation.sweep import sweep, sweep_values

    image, title = originals.images[0], originals.titles[0]
    film, still = (sweep_values(transform, name, steps) for steps in (_FILM, _STILL))
    pictures = sweep(image, transform, name, film, mean)
    labels = [written(value, amount.unit) for value in film]
    swept = f"{amount.title} from {labels[0]} to {labels[-1]}"
    st.plotly_chart(
        sweep_figure(image, pictures, labels, amount.title),
        key="sweep-film",
        config={"displayModeBar": False},
        alt=f"{title} beside itself: {swept}; the strip below shows the same",
    )
    shown = []
    for value, picture in zip(still, sweep(image, transform, name, still, mean), strict=True):
        told = written(value, amount.unit)
        is_within = _is_fixed(amount) or amount.asked[0] <= value <= amount.asked[1]
        beyond = "" if is_within else "\nbeyond"
        shown.append(GalleryImage(picture, f"{told}{beyond}", f"{title}, {amount.title.lower()} {told}"))
    sheet(shown, key="sweep-sheet", label=swept, columns=7, narrow_columns=5)


def _is_fixed(amount: Amount) -> bool:
    """Whether nothing is drawn of it: then nothing lies beyond."""
    return amount.asked[0] == amount.asked[1]
