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
        ("lr=", "lr is without values: it must be a range, 0.01..0.3 or 0.01..0.3:log, or a list of two values"),
        ("lr=1..", "lr is '1..': it must be a range"),
        ("lr=a..b", "lr is 'a..b': it must be a range"),
        ("lr=1e-3..1e-1:linear", "lr is '1e-3..1e-1:linear': it must be a range"),
        ("lr=true..2", "lr is 'true..2': it must be a range"),
        ("lr=0.1", "lr is '0.1' alone, so that nothing varies: it must be a range"),
        ("lr=0.1 - 0.4", "lr is '0.1 - 0.4': a range has two dots, 0.1..0.4"),
        ("lr=1e-3:0.1", "a range has two dots, 0.001..0.1"),
        ("lr=.1-.4:log", "a range has two dots, 0.1..0.4:log"),
        ("lr=" + "1" * 20_000 + "x", "alone, so that nothing varies"),
        ("lr=0.1,,0.2", "lr is '0.1,,0.2': it must be a range"),
        ("lr=[]", "lr is '[]': it must be a range"),
        ("lr=[0.1", "lr is '[0.1': it must be a range"),
        ("lr=" + "[" * 60_000, "[[[...': it must be a range"),
        ("lr=0.1,0.1", "lr has a value twice"),
        ("lr=0.2..0.1", "lr goes from 0.2 to 0.1: the first must be the smaller one"),
        ("lr=0..1:log", "by orders of magnitude it must begin above 0"),
        ("lr=0.1..NaN", "lr is '0.1..NaN': it must be a range"),
        ("lr=0.1..1e400", "lr is '0.1..1e400': it must be a range"),
        ("lr=.01...3", "lr is '.01...3': a range has two dots, 0.01..3."),
        ("epochs=04..12", "epochs is '04..12': it must be a range"),
        ("width_scale=1,1.0", "width_scale has a value twice"),
        ('optimizer=[{"momentum": 1}, {"momentum": 1.0}]', "optimizer has a value twice"),
        (f"lr={','.join(map(str, range(60)))}", "at most 50 items"),
    ],
)
def test_what_is_neither_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_parameter(text)
    assert sentence in str(caught.value)
    assert str(caught.value).endswith(".")
