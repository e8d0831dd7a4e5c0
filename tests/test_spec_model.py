from __future__ import annotations

from typing import Any

import pytest

from cifar_core.architecture import ArchitectureSpec, find_preset
from cifar_core.data import AugmentationSpec
from cifar_core.errors import SpecError


def sentence(data: object, model: Any = ArchitectureSpec) -> str:
    with pytest.raises(SpecError) as caught:
        model.parse(data)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def with_first_node(**changes: object) -> dict[str, Any]:
    data = find_preset("dilated").spec.model_dump()
    data["nodes"] = [{**data["nodes"][0], **changes}, *data["nodes"][1:]]
    return data


def test_field_of_either_kind_is_told_all_that_is_allowed() -> None:
    assert sentence(with_first_node(groups="banana")) == (
        "ArchitectureSpec: nodes[0].groups is 'banana': it must be a valid integer or it must be 'depthwise'."
    )


def test_path_is_the_place_in_the_json_without_names_of_union_members() -> None:
    steps = [{"step": "dropout", "rate": 3}, {"step": "conv"}]
    assert "nodes[0].steps[0].rate is 3: it must be less than 1" in sentence(with_first_node(steps=steps))


def test_unknown_kind_of_step_is_told_with_the_known_ones() -> None:
    text = sentence(with_first_node(steps=[{"step": "pool"}]))
    assert "nodes[0].steps[0].step is 'pool': it must be one of 'conv', 'norm', 'activation', 'dropout'" in text


def test_step_that_does_not_say_what_it_is_is_told_so() -> None:
    assert "nodes[0].steps[0] lacks the field 'step'" in sentence(with_first_node(steps=[{}]))


def test_line_break_in_a_field_name_does_not_break_the_sentence() -> None:
    assert "there is no field nodes[0].a b" in sentence(with_first_node(**{"a\nb": 1}))


def test_long_value_is_cut() -> None:
    assert len(sentence(with_first_node(groups="x" * 10_000))) < 250


def test_long_field_name_is_cut() -> None:
    assert len(sentence(with_first_node(**{"x" * 10_000: 1}))) < 250


def test_whole_model_check_names_the_node() -> None:
    assert sentence(with_first_node(padding="same", stride=2)) == (
        'ArchitectureSpec: nodes[0]: padding is "same" and stride is 2: "same" needs stride 1.'
    )


def test_further_problems_are_counted() -> None:
    transform = {"type": "coarse_dropout", "fill": "red", "p": 3}
    assert sentence({"transforms": [transform]}, AugmentationSpec).endswith("(and 1 more).")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("null", "AugmentationSpec is null: it must be an object with fields."),
        ("true", "AugmentationSpec is true: it must be an object with fields."),
        ("[" * 100_000, "AugmentationSpec: this is not JSON that can be read (it is nested too deeply)."),
        (b"\xff\xfe\x00", "AugmentationSpec: this is not JSON (it is no text in UTF-8)."),
        ("1" * 5_000, "AugmentationSpec: this is not JSON that can be read (a number in it is too long)."),
        ('{"transforms": [3]}', "AugmentationSpec: transforms[0] is 3: it must be an object with fields."),
    ],
    ids=["null", "true", "deep", "bytes", "digits", "no object"],
)
def test_what_is_no_spec_at_all_is_told_in_the_words_of_json(data: str | bytes, told: str) -> None:
    assert sentence(data, AugmentationSpec) == told


def test_a_mark_at_the_beginning_of_a_text_is_no_part_of_it() -> None:
    spec = AugmentationSpec(name="mine")
    assert AugmentationSpec.parse("\ufeff" + spec.to_json()) == spec
    assert AugmentationSpec.parse(b"\xef\xbb\xbf" + spec.to_json().encode()) == spec


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("fill", [1, 2, 300], "transforms[0].fill[2] is 300: it must be less than or equal to 255."),
        ("fill", [1, 2], "the field transforms[0].fill[2] is missing."),
        ("fill", "black", "transforms[0].fill is 'black': it must be 'mean' or it must be a list."),
        ("height", 40, "transforms[0].height is 40: it must be less than or equal to 32."),
        ("height", [1, 40], "transforms[0].height[1] is 40: it must be less than or equal to 32."),
    ],
)
def test_the_very_place_that_is_wrong_is_told(field: str, value: object, told: str) -> None:
    data = {"transforms": [{"type": "coarse_dropout", field: value}]}
    assert sentence(data, AugmentationSpec) == f"AugmentationSpec: {told}"
