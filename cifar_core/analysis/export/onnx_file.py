"""The network as an ONNX graph, normalisation included."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cifar_core.analysis.export.subject import Checked, ExportSubject
from cifar_core.errors import ExportError, foreign_sentence

OPSET = 18
"""The oldest one that PyTorch's exporter writes by itself: the most runtimes read it."""
INPUT, OUTPUT, BATCH = "images", "logits", "batch"
_BATCHES = (1, 7)
"""Sizes that the file is tried with, besides all images at once."""
_EXPORTING = threading.Lock()
"""Tracing changes PyTorch's global state: one page at a time."""


def onnx_file(subject: ExportSubject) -> tuple[bytes, Checked]:
    """The file, and how it was checked: onnxruntime ran it, in batches of several sizes.

    Its input `images` is float32 [batch, C, H, W], RGB in 0..1; its output `logits` float32 [batch, num_classes].

    Raises:
        ExportError: PyTorch cannot export this network, or the file answers differently.
    """
    model = _Normalised(subject.network, subject.info.mean, subject.info.std)
    try:
        with _EXPORTING:
            content = _exported(model, subject)
        answers = _answers(content, subject.scaled)
    except Exception as error:  # the exporter's and the runtime's own, of many kinds
        sentence = foreign_sentence(error).rstrip(".")
        raise ExportError(f"Run {subject.run.id} cannot be exported to ONNX: {sentence}.") from error
    return content, max((subject.check(each, "ONNX file") for each in answers), key=lambda one: one.largest_difference)


class _Normalised(nn.Module):
    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.network((images - self.mean) / self.std)
        return logits


def _exported(model: nn.Module, subject: ExportSubject) -> bytes:
    program = torch.onnx.export(
        model.eval(),
        (subject.scaled[:2],),  # of one image the exporter would make a graph for one image
        dynamo=True,
        dynamic_shapes=({0: torch.export.Dim(BATCH)},),
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        external_data=False,
        verbose=False,
    )
    assert program is not None
    proto = program.model_proto
    _forget_this_machine(proto)
    for key, value in subject.facts().items():
        proto.metadata_props.add(key=key, value=value)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def _forget_this_machine(proto: Any) -> None:
    """Removes what the exporter notes of its work: the paths of every source file, among others."""
    for told in (proto, proto.graph, *proto.graph.node, *proto.graph.value_info, *proto.graph.initializer):
        del told.metadata_props[:]
    for value in (*proto.graph.input, *proto.graph.output):
        del value.metadata_props[:]


def _answers(content: bytes, scaled: Tensor) -> list[np.ndarray]:
    """Logits [N, num_classes], by batches of each size."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return [
        np.concatenate([session.run([OUTPUT], {INPUT: part.numpy()})[0] for part in torch.split(scaled, size)])
        for size in (*_BATCHES, len(scaled))
    ]
