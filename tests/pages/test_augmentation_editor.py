"""The editor of the Augmentation page: presets, switches, sliders, order."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import (
    CoarseDropout,
    ColorJitter,
    CutMix,
    Grayscale,
    MixUp,
    ShiftScaleRotate,
    Transform,
)
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.spec import MAX_TRANSFORMS
from cifar_core.ui.workbench_link import augmentation_link
from tests.pages.helpers import go_to, laid_augmentation, on_strip, open_page, pixels, says, shown

DEFAULTS: dict[str, Transform] = {kind: info.make() for kind, info in TRANSFORMS.items()}
KINDS = tuple(DEFAULTS)


def transform(session: AppTest, kind: str) -> Transform:
    (found,) = (each for each in laid_augmentation(session).transforms if each.type == kind)
    return found


@pytest.mark.parametrize("preset", ["none", "assignment", "seed-model-3"])
def test_a_preset_lies_on_the_workbench_exactly(preset: str) -> None:
    session = open_page("augmentation", transforms=preset)
    expected = find_augmentation(preset).spec
    assert laid_augmentation(session) == expected
    assert {kind for kind in KINDS if session.toggle(f"{preset}.{kind}").value} == {t.type for t in expected.transforms}
    assert on_strip(session, "augmentation").endswith(f"**{preset}**")


def test_it_begins_with_the_augmentation_of_the_network_on_the_workbench() -> None:
    assert open_page("augmentation").selectbox("augmentation").value == "seed-model-3"
    session = open_page("architecture", network="dilated")
    assert go_to(session, "augmentation").selectbox("augmentation").value == "assignment"


@pytest.mark.parametrize("kind", KINDS)
def test_a_switch_takes_a_transform_in_and_out_and_changes_the_picture(kind: str) -> None:
    session = open_page("augmentation", transforms="none")
    bare = pixels(session)
    shown(session.toggle(f"none.{kind}").set_value(True).run())
    assert laid_augmentation(session).transforms == (DEFAULTS[kind],)
    # Digits have no colour to take out.
    assert (pixels(session) == bare) == (kind == "grayscale")
    assert "edited" in on_strip(session, "augmentation")
    shown(session.toggle(f"none.{kind}").set_value(False).run())
    assert laid_augmentation(session).transforms == ()
    assert pixels(session) == bare
    assert "edited" not in on_strip(session, "augmentation")


@pytest.mark.parametrize(
    ("slider", "value", "field", "expected"),
    [
        ("horizontal_flip.p", 1.0, "p", 1.0),
        ("shift_scale_rotate.shift_limit", 8, "shift_limit", 0.25),
        ("shift_scale_rotate.scale_limit", 30, "scale_limit", 0.3),
        ("shift_scale_rotate.rotate_limit", 90, "rotate_limit", 90),
        ("color_jitter.brightness", 100, "brightness", 1.0),
        ("color_jitter.hue", 180, "hue", 0.5),
        ("coarse_dropout.holes", (1, 3), "holes", (1, 3)),
        ("coarse_dropout.height", (32, 32), "height", (32, 32)),
        ("coarse_dropout.width", (1, 8), "width", (1, 8)),
    ],
)
def test_a_slider_changes_its_field_and_the_picture(
    slider: str, value: float | tuple[float, float], field: str, expected: float | tuple[float, float]
) -> None:
    session = open_page("augmentation")
    before, old = pixels(session), laid_augmentation(session)
    kind = slider.partition(".")[0]
    shown(session.slider(f"seed-model-3.{slider}").set_value(value).run())
    changed = transform(session, kind)
    assert getattr(changed, field) == pytest.approx(expected)
    # Digits are grey: turning the colour circle moves none of their pixels.
    assert (pixels(session) == before) == (field == "hue")
    others = [each for each in laid_augmentation(session).transforms if each.type != kind]
    assert others == [each for each in old.transforms if each.type != kind]
    assert "edited" in on_strip(session, "augmentation")


@pytest.mark.parametrize("kind", KINDS)
def test_every_slider_reaches_both_its_ends(kind: str) -> None:
    session = open_page("augmentation", transforms="none")
    shown(session.toggle(f"none.{kind}").set_value(True).run())
    sliders = [slider.key for slider in session.slider if str(slider.key).startswith(f"none.{kind}.")]
    assert f"none.{kind}.p" in sliders
    for end in ("min", "max"):
        for key in sliders:
            slider = session.slider(str(key))
            value: Any = slider.value
            is_range = isinstance(value, tuple)
            kind_of_number = type(value[0] if is_range else value)
            reached = kind_of_number(getattr(slider, end))
            slider.set_value((reached, reached) if is_range else reached)
        shown(session.run())
        assert not session.error


def test_mixers_lie_on_the_workbench_with_their_settings() -> None:
    session = open_page("augmentation", transforms="none")
    for kind in ("cutmix", "mixup"):
        shown(session.toggle(f"none.{kind}").set_value(True).run())
    shown(session.slider("none.mixup.alpha").set_value(0.4).run())
    assert laid_augmentation(session).batch == (CutMix(), MixUp(alpha=0.4))
    shown(session.toggle("none.cutmix").set_value(False).run())
    assert laid_augmentation(session).batch == (MixUp(alpha=0.4),)
    assert laid_augmentation(session).transforms == ()


def test_the_order_is_told_and_can_be_changed() -> None:
    session = open_page("augmentation", transforms="assignment")
    assert says(session, "In this order: Horizontal flip → Shift, scale, rotate → Coarse dropout")
    assert session.button("earlier-0").disabled
    assert session.button("later-2").disabled
    shown(session.button("earlier-2").click().run())
    assert [each.type for each in laid_augmentation(session).transforms] == [
        "horizontal_flip",
        "coarse_dropout",
        "shift_scale_rotate",
    ]
    assert sorted(laid_augmentation(session).transforms, key=repr) == sorted(
        find_augmentation("assignment").spec.transforms, key=repr
    )
    shown(session.button("later-1").click().run())
    assert laid_augmentation(session) == find_augmentation("assignment").spec


def test_a_transform_switched_on_leaves_the_order_of_the_others() -> None:
    session = open_page("augmentation", transforms="assignment")
    shown(session.button("earlier-2").click().run())
    shown(session.toggle("assignment.grayscale").set_value(True).run())
    order = [each.type for each in laid_augmentation(session).transforms]
    assert [kind for kind in order if kind != "grayscale"] == [
        "horizontal_flip",
        "coarse_dropout",
        "shift_scale_rotate",
    ]


def test_a_border_is_chosen_in_words() -> None:
    session = open_page("augmentation", transforms="assignment")
    before = pixels(session)
    shown(session.selectbox("assignment.shift_scale_rotate.border").set_value("reflect").run())
    moved = transform(session, "shift_scale_rotate")
    assert isinstance(moved, ShiftScaleRotate)
    assert moved.border == "reflect"
    assert pixels(session) != before


def test_a_fill_is_offered_where_the_border_is_filled() -> None:
    session = open_page("augmentation", transforms="assignment")
    assert not session.selectbox("assignment.shift_scale_rotate.fill").disabled
    shown(session.selectbox("assignment.shift_scale_rotate.border").set_value("reflect").run())
    assert session.selectbox("assignment.shift_scale_rotate.fill").disabled
    assert not session.selectbox("assignment.coarse_dropout.fill").disabled


def test_a_fill_is_chosen_and_one_from_a_file_is_kept() -> None:
    session = open_page("augmentation", transforms="assignment")
    before = pixels(session)
    shown(session.selectbox("assignment.coarse_dropout.fill").set_value((255, 255, 255)).run())
    hidden = transform(session, "coarse_dropout")
    assert isinstance(hidden, CoarseDropout)
    assert hidden.fill == (255, 255, 255)
    assert pixels(session) != before
    link = augmentation_link(find_augmentation("none"), AugmentationSpec(transforms=(CoarseDropout(fill=(9, 0, 7)),)))
    brought = open_page("augmentation", transforms=link).selectbox("none.coarse_dropout.fill")
    assert brought.value == (9, 0, 7)
    assert brought.options[-1] == "RGB 9, 0, 7"


def test_a_slider_moved_back_leaves_no_trace() -> None:
    session = open_page("augmentation")
    for value in (5, 2):
        shown(session.slider("seed-model-3.shift_scale_rotate.shift_limit").set_value(value).run())
    assert laid_augmentation(session) == find_augmentation("seed-model-3").spec
    assert "edited" not in on_strip(session, "augmentation")


def test_transforms_of_one_kind_have_sliders_of_their_own() -> None:
    small, large = CoarseDropout(height=(4, 4)), CoarseDropout(height=(9, 9))
    link = augmentation_link(find_augmentation("none"), AugmentationSpec(transforms=(small, large)))
    session = open_page("augmentation", transforms=link)
    assert [session.slider(f"none.coarse_dropout{nth}.height").value for nth in ("", ".2")] == [(4, 4), (9, 9)]
    assert session.toggle("none.coarse_dropout.2").label == "**Coarse dropout (cutout) (2)** `CoarseDropout`"
    assert says(session, "In this order: Coarse dropout (cutout) → Coarse dropout (cutout) (2)")
    shown(session.slider("none.coarse_dropout.2.height").set_value((9, 12)).run())
    assert laid_augmentation(session).transforms == (small, large.changed(height=(9, 12)))
    shown(session.toggle("none.coarse_dropout").set_value(False).run())
    assert laid_augmentation(session).transforms == (large.changed(height=(9, 12)),)
    assert session.slider("none.coarse_dropout.height").value == (9, 12)


def test_an_edited_augmentation_survives_a_reload() -> None:
    session = open_page("augmentation", transforms="assignment")
    shown(session.toggle("assignment.color_jitter").set_value(True).run())
    shown(session.slider("assignment.horizontal_flip.p").set_value(0.25).run())
    link = session.query_params["transforms"]
    reloaded = open_page("augmentation", transforms=link if isinstance(link, str) else link[0])
    assert laid_augmentation(reloaded) == laid_augmentation(session)
    assert transform(reloaded, "horizontal_flip").p == 0.25
    assert transform(reloaded, "color_jitter") == ColorJitter()
    assert reloaded.selectbox("augmentation").value == "assignment"
    assert reloaded.slider("assignment.horizontal_flip.p").value == 0.25
    assert reloaded.toggle("assignment.color_jitter").value
    assert pixels(reloaded) == pixels(session)


def test_values_beyond_the_sliders_are_shown_and_kept() -> None:
    far = AugmentationSpec(transforms=(CoarseDropout(holes=16, height=1), ShiftScaleRotate(rotate_limit=180, p=0.33)))
    session = open_page("augmentation", transforms=augmentation_link(find_augmentation("none"), far))
    assert laid_augmentation(session) == far
    assert session.slider("none.coarse_dropout.holes").value == (16, 16)
    assert session.slider("none.shift_scale_rotate.rotate_limit").value == 180
    shown(session.slider("none.coarse_dropout.height").set_value((2, 3)).run())
    assert laid_augmentation(session) == far.changed(
        transforms=[far.transforms[0].changed(height=(2, 3)), far.transforms[1]]
    )


def test_back_to_the_start_takes_every_change_back() -> None:
    session = open_page("augmentation")
    assert session.button("reset-augmentation").disabled
    shown(session.toggle("seed-model-3.color_jitter").set_value(False).run())
    shown(session.button("reset-augmentation").click().run())
    assert laid_augmentation(session) == find_augmentation("seed-model-3").spec
    assert session.toggle("seed-model-3.color_jitter").value


def test_the_state_survives_a_walk_through_other_pages() -> None:
    session = open_page("augmentation")
    shown(session.toggle("seed-model-3.color_jitter").set_value(False).run())
    before, shown_before = laid_augmentation(session), pixels(session)
    for name in ("training", "architecture"):
        assert "edited" in on_strip(go_to(session, name), "augmentation")
    go_to(session, "augmentation")
    assert laid_augmentation(session) == before
    assert pixels(session) == shown_before


def test_one_transform_more_than_there_may_be_cannot_be_switched_on() -> None:
    full = AugmentationSpec(transforms=(Grayscale(),) * MAX_TRANSFORMS)
    session = open_page("augmentation", transforms=augmentation_link(find_augmentation("none"), full))
    flip = session.toggle("none.horizontal_flip")
    assert flip.disabled
    assert "32 transforms, which is the most" in flip.help
    assert not session.toggle("none.cutmix").disabled
    shown(session.toggle("none.grayscale").set_value(False).run())
    assert not session.toggle("none.horizontal_flip").disabled


def test_a_transform_switched_off_and_on_is_as_it_was() -> None:
    session = open_page("augmentation", transforms="assignment")
    shown(session.slider("assignment.shift_scale_rotate.rotate_limit").set_value(90).run())
    edited = laid_augmentation(session)
    shown(session.toggle("assignment.shift_scale_rotate").set_value(False).run())
    shown(session.toggle("assignment.shift_scale_rotate").set_value(True).run())
    assert laid_augmentation(session) == edited
    shown(session.toggle("assignment.shift_scale_rotate").set_value(False).run())
    shown(session.button("reset-augmentation").click().run())
    shown(session.toggle("assignment.shift_scale_rotate").set_value(False).run())
    shown(session.toggle("assignment.shift_scale_rotate").set_value(True).run())
    assert laid_augmentation(session) == find_augmentation("assignment").spec
