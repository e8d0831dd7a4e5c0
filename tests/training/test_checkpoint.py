from __future__ import annotations

import errno
import os
import pickle
import random
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from cifar_core.errors import StoreError
from cifar_core.files import write_atomically
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes, load_checkpoint
from cifar_core.training.loop import train
from tests.tiny import Recorder, run_python, tiny_data, tiny_network, tiny_training, unchanged

SMALL = Checkpoint(3, {"weight": torch.arange(6.0).reshape(2, 3)}, {"state": {}, "param_groups": []})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_atomically(tmp_path / "last.pt", checkpoint_bytes(SMALL))
    return tmp_path / "last.pt"


class Keeper(Recorder):
    """Saves every epoch's checkpoint."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def on_epoch(self, metrics: object, checkpoint: Checkpoint, eval_logits: Tensor) -> None:
        write_atomically(self.path, checkpoint_bytes(checkpoint))


def test_a_trained_network_comes_back_bit_by_bit_with_its_optimizer(tmp_path: Path) -> None:
    network = tiny_network()
    train(network, tiny_data(), tiny_training(), torch.device("cpu"), unchanged, Keeper(tmp_path / "last.pt"))
    loaded = load_checkpoint(tmp_path / "last.pt")
    assert loaded.epoch == 2
    state = network.state_dict()
    assert loaded.network.keys() == state.keys()
    assert all(torch.equal(loaded.network[name], state[name]) for name in state)
    optimizer = torch.optim.SGD(network.parameters(), lr=1, momentum=0.9, nesterov=True)
    optimizer.load_state_dict(loaded.optimizer)
    momenta = [entry["momentum_buffer"] for entry in optimizer.state_dict()["state"].values()]
    assert len(momenta) == len(list(network.parameters()))
    assert any(bool(momentum.abs().sum() > 0) for momentum in momenta if isinstance(momentum, Tensor))


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.pt is missing"):
        load_checkpoint(tmp_path / "gone.pt")


def test_what_a_file_would_run_is_not_run(tmp_path: Path) -> None:
    witness = tmp_path / "it-ran"

    class Malicious:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(witness),)

    path = tmp_path / "evil.pt"
    for write in (
        lambda: path.write_bytes(pickle.dumps(Malicious(), protocol=2)),
        lambda: torch.save({"epoch": Malicious()}, path),
    ):
        write()
        with pytest.raises(StoreError, match=r"evil\.pt is damaged"):
            load_checkpoint(path)
    assert not witness.exists()


def test_a_truncated_file_is_damaged(path: Path) -> None:
    whole = path.read_bytes()
    for length in [0, 1, 2, 10, *range(20, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(StoreError, match=r"last\.pt is damaged"):
            load_checkpoint(path)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_no_damage_ends_in_anything_but_a_sentence(path: Path) -> None:
    whole, draw = path.read_bytes(), random.Random(0)
    pickled = whole.index(b"\x80\x02")
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[pickled + draw.randrange(300)] = draw.randrange(256)
        for content in (bytes(damaged), draw.randbytes(draw.randrange(200))):
            path.write_bytes(content)
            try:
                load_checkpoint(path)
            except StoreError as error:
                assert str(path) in str(error)  # noqa: PT017 - some damage does no harm, so nothing need be raised


@pytest.mark.parametrize("content", [{"schema_version": 3, "weights": {}}, {"schema_version": 99, "epoch": 1}])
def test_a_newer_schema_is_named_even_where_its_fields_are_others(tmp_path: Path, content: dict[str, object]) -> None:
    torch.save(content, tmp_path / "new.pt")
    with pytest.raises(StoreError, match=rf"has schema version {content['schema_version']}: .* reads 1 to 2"):
        load_checkpoint(tmp_path / "new.pt")


def test_a_checkpoint_of_version_1_is_read(tmp_path: Path) -> None:
    content = {"schema_version": 1, "epoch": 3, "network": SMALL.network, "optimizer": SMALL.optimizer}
    torch.save(content, tmp_path / "old.pt")
    loaded = load_checkpoint(tmp_path / "old.pt")
    assert (loaded.epoch, loaded.optimizer, loaded.ema, loaded.scaler) == (3, SMALL.optimizer, None, None)
    assert torch.equal(loaded.weights["weight"], SMALL.network["weight"])


def test_the_averaged_weights_are_those_to_use(tmp_path: Path) -> None:
    averaged = {"weight": torch.ones(2, 3)}
    (tmp_path / "last.pt").write_bytes(checkpoint_bytes(replace(SMALL, ema=averaged, scaler={"scale": 8.0})))
    loaded = load_checkpoint(tmp_path / "last.pt")
    assert torch.equal(loaded.weights["weight"], averaged["weight"])
    assert torch.equal(loaded.network["weight"], SMALL.network["weight"])
    assert loaded.scaler == {"scale": 8.0}


@pytest.mark.parametrize("content", [[], 3, {}, {"schema_version": 1, "epoch": 1}])
def test_another_kind_of_torch_file_is_damaged(tmp_path: Path, content: object) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(StoreError, match="damaged"):
        load_checkpoint(tmp_path / "other.pt")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_checkpoint_and_nothing_else(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = path.read_bytes()

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(StoreError, match=r"last\.pt cannot be written: No space left on device\.$"):
        write_atomically(path, checkpoint_bytes(Checkpoint(4, {"weight": torch.zeros(1000)}, {})))
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["last.pt"]


def test_a_limit_on_file_size_leaves_the_old_checkpoint(path: Path) -> None:
    before = path.read_bytes()
    code = """
import resource, signal, sys
from pathlib import Path
import torch
from cifar_core.errors import StoreError
from cifar_core.files import write_atomically
from cifar_core.training.checkpoint import Checkpoint, checkpoint_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
try:
    write_atomically(Path(sys.argv[1]), checkpoint_bytes(Checkpoint(4, {"weight": torch.zeros(100_000)}, {})))
except StoreError as error:
    print(error)
"""
    result = run_python(code, path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{path} cannot be written: File too large.\n"
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["last.pt"]
