"""What varies, as a person types it."""

from __future__ import annotations

import pytest

from cifar_core.errors import SpecError
from cifar_core.sweeps import Choice, Span, parse_parameter


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("lr=1e-3..1e-1:log", Span(name="lr", low=0.001, high=0.1, log=True)),
        ("label_smoothing = 0 .. 0.2", Span(name="label_smoothing", low=0, high=0.2)),
        ("epochs=4..12", Span(name="epochs", low=4, high=12, whole=True)),
        ("batch_size=32..512:log", Span(name="batch_size", low=32, high=512, log=True, whole=True)),
        ("width_scale=0.5, 0.75,1", Choice(name="width_scale", values=(0.5, 0.75, 1))),
        ("ema_decay=null,0.99", Choice(name="ema_decay", values=(None, 0.99))),
        ("nodes.kind=batch,layer", Choice(name="nodes.kind", values=("batch", "layer"))),
        ('schedule=[{"kind": "constant"}, {"kind": "one_cycle"}]', Choice(
            name="schedule", values=({"kind": "constant"}, {"kind": "one_cycle"})
        )),
    ],
)  # fmt: skip
def test_ranges_and_lists_are_read_and_told_again(text: str, parameter: Span | Choice) -> None:
    assert parse_parameter(text) == parameter
    assert parse_parameter(f"{parameter.name}={parameter.words}") == parameter


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("lr", "'lr' is no parameter: it must be like lr=1e-3..1e-1:log"),
        ("=1,2", "is no parameter"),
        ("lr=", "is no parameter"),
        ("lr=1..", "is no range"),
        ("lr=a..b", "is no range"),
        ("lr=1e-3..1e-1:linear", "is no range"),
        ("lr=true..2", "is no range"),
        ("lr=0.1", "leaves nothing to choose: give two values or more"),
        ("lr=0.1,,0.2", "is no list of values"),
        ("lr=[0.1", "is no list of values"),
        ("lr=" + "[" * 60_000, "is no list of values"),
        ("lr=0.1,0.1", "lr has a value twice"),
        ("lr=0.2..0.1", "lr goes from 0.2 to 0.1: the first must be the smaller one"),
        ("lr=0..1:log", "by orders of magnitude it must begin above 0"),
        ("lr=0.1..NaN", "must be a finite number"),
        (f"lr={','.join(map(str, range(60)))}", "at most 50 items"),
    ],
)
def test_what_is_neither_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_parameter(text)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
