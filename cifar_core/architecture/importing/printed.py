"""A network from the text of `print(model)`, which is read and never executed.

The text tells modules, not what `forward` does with them: the order is taken as printed, and what can be deduced from
the numbers (an unprinted pooling before a Linear) is told as an assumption. What cannot is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cifar_core.architecture.importing.assembly import Assembled, assemble
from cifar_core.architecture.importing.assembly_path import Place
from cifar_core.architecture.importing.block_labels import BLOCK_CUTS, BLOCKS_QUESTION, block_labels, usual_cut
from cifar_core.architecture.importing.graph import SIDE_PATH
from cifar_core.architecture.importing.parts import (
    EndingPart,
    Findings,
    FlattenPart,
    LinearPart,
    Part,
    PoolPart,
    Source,
    StepPart,
    as_gate,
    convolutions,
)
from cifar_core.architecture.importing.printed_tree import PrintedModule, read_arguments, read_networks
from cifar_core.architecture.importing.recognise import recognise
from cifar_core.architecture.spec import ArchitectureSpec, ImageInput
from cifar_core.errors import SpecError

TRACE_INSTEAD = "`python -m cifar_core describe FILE.py:ClassName` follows the calls themselves"
"""What a problem advises where a printed text hides something."""
_HIDDEN = f": an addition, a concatenation or another order is hidden in forward, so {TRACE_INSTEAD}"
_ADDING = re.compile("Residual|ResBlock|BasicBlock|Bottleneck")
_SCALING = re.compile("^SE(?![a-z])|[Ss]queeze|[Ee]xcit|[Gg]ate|[Aa]ttention")
ALWAYS_ASSUMED = (
    "The order of the layers is taken as printed.",
    "Functional calls and additions inside forward leave no trace in the text.",
)
"""Of every printed network."""
QUESTION_KEYS = ("network", "blocks", "pooling", "image")
"""Keys of all questions that can come up."""
_SIZES = (32, 28, 64, 96, 128, 224)
"""Sides of the usual images, this project's first."""
_POOLINGS = {
    "average": "global average pooling",
    "max": "global max-pooling",
    "none": "no pooling",
}


@dataclass(frozen=True, slots=True)
class Question:
    """What the text leaves open."""

    key: str
    """Under which the answer is handed back to `parse_printed`."""
    sentence: str
    options: Mapping[str, str]
    """Answer to what it means, in words."""
    default: str
    """What was taken until it is answered."""


@dataclass(frozen=True, slots=True)
class PrintedNetwork:
    """What could be read from a printed network."""

    spec: ArchitectureSpec | None
    """None where there are problems."""
    assumptions: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    problems: tuple[str, ...] = ()


def parse_printed(text: str, answers: Mapping[str, str] | None = None) -> PrintedNetwork:
    """Reads a network from text that holds the output of `print(model)`, other text around it allowed.

    Args:
        text: untrusted; it is bounded in size and depth.
        answers: to the questions of an earlier reading, by key; keys of no question are ignored.

    Raises:
        SpecError: an answer is none of its question's options.
    """
    try:
        networks = read_networks(text)
    except SpecError as error:
        return PrintedNetwork(None, problems=(str(error),))
    asking = _Asking(dict(answers or {}), {})
    network = networks[0]
    if len(networks) > 1:
        names = {str(at): f"{module.kind} ({at})" for at, module in enumerate(networks, 1)}
        chosen = asking.ask("network", f"The text holds {len(networks)} networks: which one is meant?", names, "1")
        network = networks[int(chosen) - 1]
    findings = Findings(remarks=list(ALWAYS_ASSUMED))
    parts = _parts(network, findings)
    result, told = _Reading(network.kind, parts, _labels(parts, asking), asking, findings).fitting()
    return PrintedNetwork(result.spec, tuple(told.remarks), tuple(asking.questions.values()), tuple(told.problems))


@dataclass(frozen=True, slots=True)
class _Asking:
    """The answers given, and the questions that came up."""

    answers: Mapping[str, str]
    questions: dict[str, Question]

    def ask(self, key: str, sentence: str, options: Mapping[str, str], default: str) -> str:
        self.questions[key] = Question(key, sentence, options, default)
        answer = self.answers.get(key, default)
        if answer not in options:
            raise SpecError(f"The answer to {key} is {answer[:40]!r}: it must be one of {', '.join(options)}.")
        return answer


def _parts(network: PrintedModule, findings: Findings) -> tuple[Part, ...]:
    for module in network.everything():
        if SIDE_PATH.fullmatch(module.name.rpartition(".")[2]):
            source = Source(module.name, module.kind)
            findings.problem(source, f"its name says that forward adds it to another path{_HIDDEN}")
    adding = next((module for module in network.everything() if _ADDING.search(module.kind)), None)
    if adding is not None:
        findings.remark(f"A {adding.kind} usually adds its input to its output in forward, which does not show here.")
    scaling = next((m for m in network.everything() if _SCALING.search(m.kind) and not _shows_sigmoid(m)), None)
    if scaling is not None:
        findings.remark(
            f"A {scaling.kind} usually scales its input in forward, which does not show here: its layers are read as "
            "if they stood in the path."
        )
    parts: list[Part] = []
    for leaf in network.leaves():
        parts += recognise(Source(leaf.name, leaf.kind), read_arguments(leaf.arguments), findings)
    return _with_gates(parts, findings)


def _shows_sigmoid(module: PrintedModule) -> bool:
    return any(leaf.kind == "Sigmoid" for leaf in module.leaves())


def _with_gates(parts: Sequence[Part], findings: Findings) -> tuple[Part, ...]:
    """Runs of pooling, squeeze, ReLU, excite, sigmoid become gates: as printed they would pool the map away."""
    gated = list(parts)
    for at in range(len(parts) - 5, -1, -1):
        gate = as_gate(gated[at : at + 5])
        if isinstance(gate, StepPart):
            gated[at : at + 5] = [gate]
            findings.remark(f"{gate.source} is taken to scale the map before it.")
        elif gate:
            findings.problem(*_told(gate))
            del gated[at : at + 5]
    return tuple(gated)


def _told(sentence: str) -> tuple[str, str]:
    source, _, why = sentence.partition(": ")
    return source, why


@dataclass(frozen=True, slots=True)
class _Reading:
    """One network's parts on their way to a spec."""

    name: str
    parts: tuple[Part, ...]
    labels: Mapping[str, str]
    asking: _Asking
    findings: Findings

    def fitting(self) -> tuple[Assembled, Findings]:
        """The network on the project's images, or else on the smallest usual ones that its layers fit."""
        result, told = self.on(_SIZES[0])
        if self.findings.problems or not told.problems:
            return result, told
        fitting = [str(size) for size in _SIZES if not self.on(size)[1].problems]
        if not fitting:
            return result, told
        question = f"The layers do not fit images of {_SIZES[0]} x {_SIZES[0]} pixels: how large are they?"
        options = {size: f"{size} x {size} pixels" for size in fitting}
        size = self.asking.ask("image", question, options, fitting[0])
        result, told = self.on(int(size))
        told.remark(f"The image is taken to be {size} x {size} pixels: the layers do not fit 32 x 32.")
        return result, told

    def on(self, size: int) -> tuple[Assembled, Findings]:
        """The network on images of one size; what is found stays apart, since another size may follow."""
        result, told = self._assembled(self.parts, size)
        if result.end.n == 1 or any(isinstance(part, PoolPart | FlattenPart | LinearPart) for part in self.parts):
            return result, told
        return self._assembled(self._with_pooling(result.end), size)

    def _assembled(self, parts: Sequence[Part], size: int) -> tuple[Assembled, Findings]:
        told = Findings(list(self.findings.problems), list(self.findings.remarks))
        channels = next((conv.in_channels for conv in convolutions(parts)), 3)
        image = ImageInput(channels=channels if 1 <= channels <= 16 else 3, size=size)
        bridge = _Bridge(told).before
        built = assemble(parts, told, name=self.name, labels=self.labels, image=image, bridge=bridge, hint=_HIDDEN)
        return built, told

    def _with_pooling(self, end: Place) -> tuple[Part, ...]:
        """With the pooling that is missing at the end, as far as it is wanted."""
        question = f"No pooling is printed and the last map has {end.n} x {end.n} cells: what does forward do there?"
        answer = self.asking.ask("pooling", question, _POOLINGS, "average")
        if answer == "none":
            return self.parts
        endings = sum(isinstance(part, EndingPart) for part in self.parts)
        at = len(self.parts) - endings
        source = Source("pooling", "assumed")
        pool = PoolPart(source, "adaptive_avg" if answer == "average" else "adaptive_max", 1)
        return (*self.parts[:at], pool, *self.parts[at:])


@dataclass(frozen=True, slots=True)
class _Bridge:
    """Deduces from a Linear's in_features what forward does to the map before it."""

    findings: Findings

    def before(self, linear: LinearPart, place: Place) -> tuple[Part, ...]:
        source, wanted, n = linear.source, linear.in_features, place.n
        flatten = FlattenPart(Source("flatten", "assumed"))
        if wanted == place.channels * n * n:
            self.findings.remark(f"A Flatten was put before {source.name}, since a Linear needs a vector.")
            return (flatten,)
        side = next(
            (side for side in range(1, n) if n // (n // side) == side and wanted == place.channels * side**2), 0
        )
        if not side:
            return (flatten,)
        pool = PoolPart(Source("pooling", "assumed"), "adaptive_avg", 1)
        what = "Global average pooling"
        if side > 1:
            pool = PoolPart(pool.source, "avg", n // side, n // side)
            # The same number would follow from max-pooling, or from pooling between the layers before.
            what = f"Average pooling in windows of {n // side} x {n // side} (a guess: forward may pool elsewhere)"
        self.findings.remark(
            f"{what} and a Flatten were put before {source.name}, since its in_features are {wanted} and the map there "
            f"has {place.channels} channels on {n} x {n} cells."
        )
        return (pool, flatten)


def _labels(parts: Sequence[Part], asking: _Asking) -> dict[str, str]:
    if not any(convolutions(parts)):
        return {}
    cut = asking.ask("blocks", BLOCKS_QUESTION, BLOCK_CUTS, usual_cut(parts))
    return block_labels(parts, cut)
