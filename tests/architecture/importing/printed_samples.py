"""Printed networks to read, and what a test asks of what was read."""

from __future__ import annotations

import textwrap
from pathlib import Path

from torch import nn

from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.importing.printed import PrintedNetwork, parse_printed

SEED = (Path(__file__).parent / "seed_model_3.txt").read_text()
BARE = textwrap.dedent(SEED)
CONV = "Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))"
TAIL = "(pool): AdaptiveAvgPool2d(output_size=1)\n  (out): Conv2d(8, 10, kernel_size=(1, 1), stride=(1, 1))\n)"


def spec_of(printed: PrintedNetwork) -> ArchitectureSpec:
    assert printed.problems == ()
    assert printed.spec is not None
    return printed.spec


def read_layers(*layers: nn.Module, answers: dict[str, str] | None = None) -> PrintedNetwork:
    return parse_printed(str(nn.Sequential(*layers)), answers)


def told(printed: PrintedNetwork, *words: str) -> bool:
    """Whether one problem holds all of these words, and every problem is a sentence."""
    assert printed.spec is None
    assert all(problem.endswith(".") and "\n" not in problem for problem in printed.problems)
    return any(all(word in problem for word in words) for problem in printed.problems)
