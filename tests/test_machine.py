from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from cifar_core import machine


class FakeNvml:
    """A driver with two GPUs."""

    class NVMLError(Exception):
        pass

    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.opened = 0

    def _answer(self, name: str) -> None:
        if name == self.broken:
            raise self.NVMLError(name)

    def nvmlInit(self) -> None:  # noqa: N802
        self._answer("init")
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.opened -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetName(self, gpu: int) -> str:  # noqa: N802
        return f"GPU {gpu}"

    def nvmlDeviceGetMemoryInfo(self, gpu: int) -> SimpleNamespace:  # noqa: N802
        self._answer("memory")
        return SimpleNamespace(total=(gpu + 1) * 8 * 2**30, used=2**30)

    def nvmlDeviceGetUtilizationRates(self, gpu: int) -> SimpleNamespace:  # noqa: N802
        self._answer("utilisation")
        return SimpleNamespace(gpu=50)


@pytest.fixture(autouse=True)
def forget(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    machine.gpus.cache_clear()
    yield
    machine.gpus.cache_clear()


def with_driver(monkeypatch: pytest.MonkeyPatch, broken: str = "") -> FakeNvml:
    driver = FakeNvml(broken)
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    return driver


def test_gpus_are_named_with_their_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = with_driver(monkeypatch)
    assert [gpu.title for gpu in machine.gpus()] == ["GPU 0, 8.0 GiB", "GPU 1, 16.0 GiB"]
    assert machine.machine_title() == "GPU 0, 8.0 GiB; GPU 1, 16.0 GiB"
    assert driver.opened == 0


def test_the_load_of_each_gpu_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch)
    assert [load.sentence for load in machine.gpu_load()] == [
        "GPU 0: 1.0 of 8.0 GiB in use, busy 50 % of the time",
        "GPU 1: 1.0 of 16.0 GiB in use, busy 50 % of the time",
    ]


def test_a_gpu_that_does_not_tell_how_busy_it_is_tells_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch, "utilisation")
    assert [load.sentence for load in machine.gpu_load()] == [
        "GPU 0: 1.0 of 8.0 GiB in use",
        "GPU 1: 1.0 of 16.0 GiB in use",
    ]


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("", []),
        ("-1", []),
        ("1", ["GPU 1"]),
        ("1, 0", ["GPU 1", "GPU 0"]),
        ("0,7,1", ["GPU 0"]),
        ("GPU-8932f937", ["GPU 0", "GPU 1"]),
    ],
)
def test_what_is_hidden_from_cuda_is_not_there(shown: str, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", shown)
    assert [gpu.name for gpu in machine.gpus()] == names


def test_a_pytorch_without_cuda_uses_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    with_driver(monkeypatch)
    monkeypatch.setattr(machine, "version", lambda package: "2.14.1+cpu")
    assert machine.gpus() == ()


@pytest.mark.parametrize("broken", ["init", "memory"])
def test_a_driver_that_fails_means_no_gpu(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = with_driver(monkeypatch, broken)
    assert machine.gpus() == ()
    assert machine.gpu_load() == ()
    assert machine.machine_title().endswith(", no GPU")
    assert driver.opened == 0


@pytest.mark.parametrize(("wanted", "with_gpu", "without"), [("auto", "cuda", "cpu"), ("cpu", "cpu", "cpu")])
def test_automatic_takes_a_gpu_where_there_is_one(
    wanted: str, with_gpu: str, without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = with_driver(monkeypatch)
    assert machine.training_device(wanted) == with_gpu
    assert set(machine.device_titles()) == {"auto", "cpu", "cuda"}
    machine.gpus.cache_clear()
    driver.broken = "init"
    assert machine.training_device(wanted) == without
    assert set(machine.device_titles()) == {"auto", "cpu"}
