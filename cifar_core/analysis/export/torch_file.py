"""The network as a PyTorch file of its own beside its weights, for a program that has torch and nothing else."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import torch

from cifar_core.analysis.export.subject import Checked, ExportSubject
from cifar_core.architecture.codegen import network_source
from cifar_core.errors import ExportError, foreign_sentence
from cifar_core.protocol import ACCURACY_LABELS
from cifar_core.runs.package.archive import write_archive
from cifar_core.words import percent

SOURCE, WEIGHTS = "network.py", "weights.pt"


def torch_zip(subject: ExportSubject) -> tuple[bytes, Checked]:
    """A zip of source and weights, and how they were checked: the source was executed and given the weights.

    Raises:
        ExportError: what was executed answers differently.
    """
    source, weights = trained_source(subject), _weights(subject)
    try:
        answers = _answers(source, weights, subject.scaled)
    except Exception as error:  # of a file that does not even run
        sentence = foreign_sentence(error).rstrip(".")
        raise ExportError(f"The PyTorch source of run {subject.run.id} is refused: {sentence}.") from error
    checked = subject.check(answers, "PyTorch source")
    return write_archive({SOURCE: source.encode(), WEIGHTS: weights}, stored=frozenset({WEIGHTS})), checked


def trained_source(subject: ExportSubject) -> str:
    """The source: class `Network`, and functions that load its weights, normalise images and classify them."""
    run, input_ = subject.run, subject.spec.input
    label = ACCURACY_LABELS[run.config.training.protocol]
    accuracy = "" if run.test_accuracy is None else f", test accuracy {percent(run.test_accuracy)} ({label})"
    about = f"Weights: run {run.id} on {subject.info.title}, epoch {subject.epoch}{accuracy}."
    shape = f"N, {input_.channels}, {input_.size}, {input_.size}"
    return network_source(subject.spec, ("from pathlib import Path",), about) + _TRAINED.format(
        weights=WEIGHTS,
        classes=tuple(subject.info.class_names),
        mean=tuple(subject.info.mean),
        std=tuple(subject.info.std),
        shape=shape,
        count=subject.spec.num_classes,
        zeros=shape.replace("N", "1"),
    )


_TRAINED = '''

CLASSES = {classes}
MEAN = {mean}
STD = {std}


def load_network(weights=Path(__file__).with_name("{weights}")):
    """The trained network, ready to predict."""
    network = Network()
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True), strict=True)
    return network.eval()


def normalize(images):
    """Images [{shape}], RGB in 0..1, as the network was trained on them."""
    mean, std = (torch.tensor(values, device=images.device).view(1, -1, 1, 1) for values in (MEAN, STD))
    return (images - mean) / std


@torch.no_grad()
def logits(network, images):
    """One number a class [N, {count}] for images [{shape}], RGB in 0..1; softmax makes them probabilities."""
    return network(normalize(images))


if __name__ == "__main__":
    network = load_network()
    print(f"{{sum(parameter.numel() for parameter in network.parameters()):,}} parameters")
    probabilities = logits(network, torch.zeros({zeros})).softmax(dim=1)
    print("a black image is taken for:", CLASSES[int(probabilities.argmax())])
'''


def _weights(subject: ExportSubject) -> bytes:
    buffer = BytesIO()
    torch.save(dict(subject.network.state_dict()), buffer)
    return buffer.getvalue()


def _answers(source: str, weights: bytes, scaled: torch.Tensor) -> np.ndarray:
    """Logits [N, num_classes] of the source, which this project wrote itself: no label in it can end a string."""
    namespace: dict[str, Any] = {"__name__": "exported", "__file__": SOURCE}
    exec(compile(source, SOURCE, "exec"), namespace)
    answers: np.ndarray = namespace["logits"](namespace["load_network"](BytesIO(weights)), scaled).numpy()
    return answers
