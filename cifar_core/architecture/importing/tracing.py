"""A person's own `nn.Module`, traced by torch.fx into a spec. This runs their code: never do so for a stranger's."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, fx, nn

from cifar_core.architecture.build import build_seeded
from cifar_core.architecture.cost import num_params
from cifar_core.architecture.importing.assembly import Assembled, assemble
from cifar_core.architecture.importing.block_labels import block_labels, usual_cut
from cifar_core.architecture.importing.graph import Operation, as_parts
from cifar_core.architecture.importing.parts import EndingPart, Findings, Source
from cifar_core.architecture.importing.traced_ops import OperationReader, is_layer_norm
from cifar_core.architecture.spec import ArchitectureSpec
from cifar_core.architecture.thinned import ThinnedPointwise
from cifar_core.errors import SpecError

IMAGES = (2, 3, 32, 32)
"""What the module is run with: two images, so that a view that drops the batch is seen."""
_MAX_CONDITIONS = 64
_TOLERANCE = 1e-4
"""Of the largest output; kernels chosen differently round differently."""


@dataclass(frozen=True, slots=True)
class TracedNetwork:
    """What a module was understood to be."""

    spec: ArchitectureSpec | None
    """None where there are problems."""
    remarks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    """Paths of the module's submodules with learned numbers, in the order of the spec's."""
    cut: str = "none"
    """How it was cut into blocks: one of `block_labels.BLOCK_CUTS`."""


def trace_network(make: Callable[[], object], title: str, cut: str | None = None) -> TracedNetwork:
    """Makes a module, traces it in evaluation mode and reads the graph.

    Args:
        make: gives the module (its class, for one whose constructor needs no arguments), or is it.
        title: what it is called in sentences, and its class's name behind the last ":".
        cut: one of `block_labels.BLOCK_CUTS`; None for what fits best.

    Raises:
        SpecError: one sentence: the module cannot be made, traced or run.
    """
    model = _made(make, title)
    traced, values = _traced(model, title)
    try:
        return _understood(model, traced, values, title, cut)
    except RecursionError:
        raise SpecError(f"{title} nests its joins too deeply to be read.") from None


def _understood(
    model: nn.Module, traced: fx.GraphModule, values: dict[fx.Node, object], title: str, cut: str | None
) -> TracedNetwork:
    findings = Findings()
    reader = OperationReader(model, values, findings)
    operations = reader.read(traced.graph)
    output = _output(traced, operations, title)
    used = _used_modules(traced.graph, operations, output)
    name = title.rpartition(":")[2]
    parts = as_parts(operations, output, findings)
    cut = cut or usual_cut(parts)
    built = assemble(parts, findings, name=name, labels=block_labels(parts, cut))
    if built.spec is None:
        return TracedNetwork(None, tuple(findings.remarks), tuple(findings.problems), cut=cut)
    _remark_unused(model, used, findings)
    logits = next(node for node in values if node.name == _before_ending(operations, output))
    _verify(model, built, used, values[logits], findings)
    spec = None if findings.problems else built.spec
    return TracedNetwork(spec, tuple(findings.remarks), tuple(findings.problems), built.weights, cut)


def copy_weights(model: nn.Module, weights: Sequence[str], network: nn.Module) -> None:
    """Copies a traced module's learned numbers and running figures into the network built from its spec.

    Args:
        model: that was traced.
        weights: of its TracedNetwork.
        network: built from the spec.
    """
    with torch.no_grad():
        for path, target in zip(weights, _learning(network), strict=True):
            source = model.get_submodule(path)
            for tensor, given in zip(target.state_dict().values(), source.state_dict().values(), strict=True):
                tensor.copy_(given.reshape(tensor.shape))
            if hasattr(target, "eps"):
                target.eps = getattr(source, "eps", target.eps)


def _learning(network: nn.Module) -> list[nn.Module]:
    return [module for module in network.modules() if module._parameters]


def _verify(model: nn.Module, built: Assembled, used: set[str], expected: object, findings: Findings) -> None:
    """Builds the spec, gives it the module's weights, and compares: what was misread is told, not handed on."""
    assert built.spec is not None
    assert isinstance(expected, Tensor)
    learned = {id(p): p.numel() for path in used for p in model.get_submodule(path).parameters(recurse=False)}
    counted, count = num_params(built.spec.layers), sum(learned.values())
    if counted != count:
        findings.problem("The whole", f"the spec has {counted:,} parameters, and the layers read {count:,}")
        return
    network = build_seeded(built.spec, seed=0).eval()
    copy_weights(model, built.weights, network)
    with torch.no_grad():
        given = network(_images())
    expected = expected.reshape(len(expected), -1)
    if given.shape != expected.shape:
        shapes = f"{list(given.shape)}, and the module's {list(expected.shape)}"
        findings.problem("The whole", f"the output of the spec's network has the shape {shapes}")
    elif findings.exact and not torch.allclose(given, expected, atol=_TOLERANCE * float(expected.abs().max()), rtol=0):
        findings.problem(
            "The whole",
            "with the same weights the spec's network gives another output than the module, which does something that "
            "was not recognised",
        )


def _made(make: Callable[[], object], title: str) -> nn.Module:
    try:
        model = make if isinstance(make, nn.Module) else make()
    except (Exception, SystemExit) as error:
        raise SpecError(f"{title} cannot be made without arguments: {_cause(error)}.") from None
    if not isinstance(model, nn.Module):
        raise SpecError(f"{title} is no nn.Module: it gives {type(model).__name__}.")
    _draw_weights(model)
    return model.eval()


def _draw_weights(model: nn.Module) -> None:
    """Gives weights that keep a map's variance: with PyTorch's own, deep bare networks end in their biases alone."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1 and not isinstance(parameter, nn.UninitializedParameter):
                nn.init.kaiming_normal_(parameter, generator=generator)


class _UndecidedError(Exception):
    """Tracing came to a condition whose outcome is not known yet."""

    def __init__(self, node: fx.Node) -> None:
        super().__init__()
        self.node = node


class _Tracer(fx.Tracer):
    """Takes a person's own LayerNorm over channels as one layer, and answers conditions in turn with what is known."""

    def __init__(self, decisions: Sequence[bool]) -> None:
        super().__init__()
        self.decisions = iter(decisions)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_layer_norm(m) or isinstance(m, ThinnedPointwise) or super().is_leaf_module(m, module_qualified_name)

    def to_bool(self, obj: fx.Proxy) -> bool:
        decision = next(self.decisions, None)
        if decision is None:
            raise _UndecidedError(obj.node)
        return decision


def _graph(model: nn.Module) -> fx.Graph:
    """Traces as often as there are conditions on shapes: each is decided by running what was traced before it."""
    decisions: list[bool] = []
    while len(decisions) < _MAX_CONDITIONS:
        tracer = _Tracer(decisions)
        try:
            return tracer.trace(model)
        except _UndecidedError as undecided:
            decision = _decision(model, tracer.graph, undecided.node)
            if decision is None:
                # Told from where the person's own code asked.
                told = fx.proxy.TraceError("the data decides about the control flow")
                raise told.with_traceback(undecided.__traceback__) from None
            decisions.append(decision)
    raise fx.proxy.TraceError("forward has too many conditions")


def _decision(model: nn.Module, traced: fx.Graph, condition: fx.Node) -> bool | None:
    """The outcome of a condition that depends on shapes alone, and so is the same for all images; None for others."""
    so_far = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    for node in traced.nodes:
        copies[node] = so_far.node_copy(node, copies.__getitem__)
    so_far.output(copies[condition])
    takes_numbers = any(node.op == "call_method" and node.target in ("item", "tolist") for node in traced.nodes)
    with torch.no_grad():
        outcome = fx.Interpreter(fx.GraphModule(model, so_far)).run(_images())
    return outcome if isinstance(outcome, bool) and not takes_numbers else None


class _Recorder(fx.Interpreter):
    """Runs a graph and keeps what every node gives."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.values: dict[fx.Node, object] = {}

    def run_node(self, n: fx.Node) -> object:
        self.values[n] = result = super().run_node(n)
        return result


def _images() -> Tensor:
    return torch.rand(IMAGES, generator=torch.Generator().manual_seed(0)) - 0.5


def _traced(model: nn.Module, title: str) -> tuple[fx.GraphModule, dict[fx.Node, object]]:
    try:
        with torch.no_grad():
            model(_images())
    except Exception as error:
        raise SpecError(f"{title} cannot be run on images of 3 x 32 x 32: {_cause(error)}.") from None
    try:
        traced = fx.GraphModule(model, _graph(model))
        recorder = _Recorder(traced)
        with torch.no_grad():
            recorder.run(_images())
    except Exception as error:
        raise SpecError(
            f"{title} cannot be traced, since its forward depends on the data or does what torch.fx cannot follow: "
            f"{_cause(error)}."
        ) from None
    return traced, recorder.values


def _cause(error: BaseException) -> str:
    """The first line that an exception says, and where in the person's own code it came from."""
    lines = str(error).strip().splitlines()
    said = f": {lines[0].strip().rstrip('.')[:200]}" if lines else ""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_foreign(frame.filename)]
    place = f" (line {own[-1].lineno} of {Path(own[-1].filename).name})" if own else ""
    return f"{type(error).__name__}{said}{place}"


def _is_foreign(filename: str) -> bool:
    """Whether a file belongs to PyTorch, to this project, or is code that torch.fx wrote."""
    folders = (Path(torch.__file__).parent, Path(__file__).parents[2])
    return filename.startswith("<") or any(folder in Path(filename).parents for folder in folders)


def _output(traced: fx.GraphModule, operations: dict[str, Operation], title: str) -> str:
    given = next(node for node in traced.graph.nodes if node.op == "output").args[0]
    if not isinstance(given, fx.Node) or given.name not in operations:
        raise SpecError(f"{title} gives {type(given).__name__}s or a constant: it must give one tensor of logits.")
    return given.name


def _used_modules(graph: fx.Graph, operations: dict[str, Operation], output: str) -> set[str]:
    """Paths of the modules that the output depends on, and of those whose parameters are read as such."""
    found: set[str] = set()
    pending = [output]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += operations[name].inputs
    read = {str(node.target).rpartition(".")[0] for node in graph.nodes if node.op == "get_attr"}
    called = {str(node.target) for node in graph.nodes if node.op == "call_module" and node.name in found}
    return read | called


def _before_ending(operations: dict[str, Operation], output: str) -> str:
    """The value that a softmax at the end reads: the spec's logits."""
    name = output
    while operations[name].inputs and not operations[name].combine:
        operation = operations[name]
        name = operation.inputs[0]
        if any(isinstance(part, EndingPart) for part in operation.parts):
            return name
    return output


def _remark_unused(model: nn.Module, used: set[str], findings: Findings) -> None:
    for path, module in model.named_modules():
        count = sum(parameter.numel() for parameter in module._parameters.values() if parameter is not None)
        if count and path not in used and not any(path.startswith(f"{user}.") for user in used):
            source = Source(path or "itself", type(module).__name__)
            findings.remark(
                f"{source} takes no part in the output: its {count:,} parameters are in the module and not in the spec."
            )
