from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifar_core.architecture.editing.step_words import Step, format_steps, parse_steps
from cifar_core.architecture.nodes import (
    ActivationStep,
    Conv,
    ConvStep,
    DropoutStep,
    GateStep,
    NormStep,
)
from cifar_core.errors import SpecError

STEPS = st.one_of(
    st.sampled_from([NormStep(), NormStep(kind="layer")]),
    st.integers(1, 4096).map(lambda groups: NormStep(kind="group", num_groups=groups)),
    st.sampled_from(["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish"]).map(
        lambda kind: ActivationStep.parse({"kind": kind})
    ),
    st.tuples(st.sampled_from(["element", "channel"]), st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 0.99])).map(
        lambda pair: DropoutStep.parse({"kind": pair[0], "rate": pair[1]})
    ),
    st.integers(1, 4096).map(lambda hidden: GateStep(hidden_channels=hidden)),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(STEPS, max_size=5), st.integers(0, 5))
def test_words_are_read_back_to_the_same_steps(steps: list[Step], at: int) -> None:
    steps.insert(at, ConvStep())
    node = Conv.parse({"out_channels": 8, "steps": parse_steps(format_steps(steps))})
    assert list(node.steps) == steps


def test_words_may_be_parted_by_commas_and_written_large() -> None:
    assert parse_steps("Conv, BatchNorm,ReLU") == parse_steps("conv batchnorm relu")


def test_no_words_are_no_steps() -> None:
    assert parse_steps("  ") == []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("conv bn", "'bn'"),
        ("conv dropout", "'dropout': it needs a rate"),
        ("conv dropout:much", "'dropout:much'"),
        ("conv groupnorm", "number of groups"),
        ("conv gate:", "hidden channels"),
        ("relu:3", "'relu:3'"),
        ("conv dropout:nan", "'dropout:nan'"),
        ("conv gate:1e400", "'gate:1e400'"),
        ("<b>", "'<b>'"),
    ],
)
def test_unknown_words_are_refused_in_a_sentence(text: str, named: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_steps(text)
    assert named in str(refused.value)
    assert str(refused.value).endswith(".")
