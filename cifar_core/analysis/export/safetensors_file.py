"""Weights as safetensors, with the spec of the network in the file's metadata."""

from __future__ import annotations

import json

import numpy as np
import torch
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors

from cifar_core.analysis.export.subject import Checked, ExportSubject
from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.build import build_network


def safetensors_file(subject: ExportSubject) -> tuple[bytes, Checked]:
    """The file, and how it was checked: a network was built from nothing but it.

    Raises:
        ExportError: that network answers differently.
    """
    facts = {"format": "pt", **subject.facts()}  # a name that other loaders look for
    content: bytes = save_safetensors(subject.network.state_dict(), metadata=facts)
    return content, subject.check(_answers(content, subject.scaled), "safetensors file")


@torch.no_grad()
def _answers(content: bytes, scaled: torch.Tensor) -> np.ndarray:
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    facts = header["__metadata__"]
    network = build_network(ArchitectureSpec.parse(facts["spec"])).eval()
    network.load_state_dict(load_safetensors(content), strict=True)
    mean, std = (torch.tensor(json.loads(facts[name])).view(1, -1, 1, 1) for name in ("mean", "std"))
    logits: np.ndarray = network((scaled - mean) / std).numpy()
    return logits
