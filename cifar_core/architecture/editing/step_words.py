"""Steps as a line of words that a person can type: "conv batchnorm relu dropout2d:0.01"."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.architecture.names import ACTIVATION_CLASSES
from cifar_core.architecture.nodes import (
    ActivationStep,
    ConvStep,
    DropoutStep,
    GateStep,
    LinearStep,
    NormStep,
)
from cifar_core.errors import SpecError

Step = ConvStep | LinearStep | NormStep | ActivationStep | DropoutStep | GateStep
VOCABULARY = (
    "conv, batchnorm, layernorm, groupnorm:GROUPS, relu, relu6, leaky_relu, elu, gelu, silu, hardswish, dropout:RATE, "
    "dropout2d:RATE (whole channels), gate:HIDDEN (squeeze-excite)"
)


def format_steps(steps: Sequence[Step]) -> str:
    """The words of some steps, which `parse_steps` reads back to the same."""
    return " ".join(map(_word, steps))


def parse_steps(text: str) -> list[dict[str, object]]:
    """Words to the data of steps, in order; commas may part them too.

    Raises:
        SpecError: a word is none of the vocabulary, or its number is missing or no number.
    """
    return [_step(word) for word in text.replace(",", " ").split()]


def _word(step: Step) -> str:
    if isinstance(step, NormStep):
        return f"groupnorm:{step.num_groups}" if step.kind == "group" else f"{step.kind}norm"
    if isinstance(step, ActivationStep):
        return step.kind
    if isinstance(step, DropoutStep):
        return f"{'dropout2d' if step.kind == 'channel' else 'dropout'}:{step.rate!r}"
    return f"gate:{step.hidden_channels}" if isinstance(step, GateStep) else step.step


def _step(word: str) -> dict[str, object]:
    name, colon, number = word.lower().partition(":")
    if name in ("dropout", "dropout2d"):
        kind = "channel" if name == "dropout2d" else "element"
        return {"step": "dropout", "kind": kind, "rate": _number(word, number, "a rate from 0 to 1, dropout:0.1")}
    if name == "groupnorm":
        groups = _number(word, number, "a number of groups, groupnorm:8")
        return {"step": "norm", "kind": "group", "num_groups": groups}
    if name == "gate":
        return {"step": "gate", "hidden_channels": _number(word, number, "its hidden channels, gate:8")}
    if not colon and name in ("batchnorm", "layernorm"):
        return {"step": "norm", "kind": name.removesuffix("norm")}
    if not colon and name in ACTIVATION_CLASSES:
        return {"step": "activation", "kind": name}
    if not colon and name in ("conv", "linear"):
        return {"step": name}
    raise SpecError(f"steps holds {word[:40]!r}: the words are {VOCABULARY}.")


def _number(word: str, text: str, wanted: str) -> float:
    try:
        number = float(text)
        if number == number and abs(number) < 1e9:
            return number
    except ValueError:
        pass
    raise SpecError(f"steps holds {word[:40]!r}: it needs {wanted}.")
