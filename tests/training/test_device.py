from __future__ import annotations

import pytest
import torch

from cifar_core.errors import SpecError
from cifar_core.training.device import device_title, resolve_device


@pytest.mark.parametrize(
    ("wanted", "has_gpu", "expected"),
    [
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cpu", True, "cpu"),
        ("cpu", False, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_the_device_is_the_one_asked_for(
    monkeypatch: pytest.MonkeyPatch, wanted: str, has_gpu: bool, expected: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: has_gpu)
    assert resolve_device(wanted).type == expected


def test_cuda_without_a_gpu_names_what_would_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SpecError, match='use "cpu" or "auto"'):
        resolve_device("cuda")


def test_a_processor_is_recorded_with_its_threads() -> None:
    threads = torch.get_num_threads()
    for number, told in ((1, "1 thread)"), (2, "2 threads)")):
        torch.set_num_threads(number)
        try:
            assert device_title(torch.device("cpu")).endswith(told)
        finally:
            torch.set_num_threads(threads)
