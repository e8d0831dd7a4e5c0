"""Ways to make a run package bad."""

from __future__ import annotations

import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import safetensors.numpy
import torch

from tests.runs.package.building import (
    changed_arrays,
    changed_epoch,
    changed_json,
    members_of,
    rebuilt,
    told,
    zipped,
)
from tests.tiny import tiny_architecture, tiny_network

Build = Callable[[bytes], bytes]
MIB = 2**20


class Evil:
    """Unpickled, it leaves a trace."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('a pickle was executed')",))


def with_members(*added: tuple[str, bytes]) -> Build:
    return lambda package: zipped([*list(members_of(package).items())[:-1], *added])


def with_header(change: Callable[[bytearray, int, int], None], name: str = "train.log") -> Build:
    """With bytes of a member's two headers changed: called with the file and where they begin."""

    def build(package: bytes) -> bytes:
        file = bytearray(package)
        local, central = file.find(b"PK\3\4"), file.find(b"PK\1\2")
        while file[local + 30 : local + 30 + len(name)] != name.encode():
            local = file.find(b"PK\3\4", local + 1)
        while file[central + 46 : central + 46 + len(name)] != name.encode():
            central = file.find(b"PK\1\2", central + 1)
        change(file, local, central)
        return bytes(file)

    return build


def encrypted(file: bytearray, local: int, central: int) -> None:
    file[local + 6] |= 1
    file[central + 8] |= 1


def in_an_unknown_way(file: bytearray, local: int, central: int) -> None:
    file[local + 8] = file[central + 10] = 99


def with_a_null(file: bytearray, local: int, central: int) -> None:
    """zipfile takes the name for what stands before it."""
    file[local + 30 + 5] = file[central + 46 + 5] = 0


def that_claims_less_than_it_holds(file: bytearray, local: int, central: int) -> None:
    for at in (local + 22, central + 24):
        file[at : at + 4] = struct.pack("<I", 10)


ARCHIVES: dict[str, tuple[Build, str]] = {
    "path traversal": (with_members(("../evil.txt", b"")), "it holds '../evil.txt', which belongs into no run package"),
    "absolute path": (with_members(("/etc/evil", b"")), "it holds '/etc/evil', which"),
    "folder": (with_members(("checkpoints/", b"")), "it holds 'checkpoints/', which"),
    "Windows path": (with_members(("..\\evil.txt", b"")), "which belongs into no run package"),
    "unknown member": (with_members(("readme.txt", b"")), "it holds 'readme.txt', which"),
    "duplicate": (
        lambda package: zipped([*list(members_of(package).items())[:-1], ("config.json", b"{}")]),
        "it holds 'config.json' twice",
    ),
    "duplicate manifest": (
        lambda package: zipped([("manifest.json", b"{}"), *list(members_of(package).items())[:-1]]),
        "it holds 'manifest.json' twice",
    ),
    "name with a null": (with_header(with_a_null), "which belongs into no run package"),
    "million of members": (
        lambda package: zipped((f"{number}", b"") for number in range(3000)),
        "its directory is larger than that of any run package",
    ),
    "encrypted": (with_header(encrypted), "train.log is encrypted"),
    "unknown compression": (with_header(in_an_unknown_way), "train.log is compressed in a way that no run package is"),
    "LZMA": (
        lambda package: zipped(members_of(package).items(), zipfile.ZIP_LZMA),
        "manifest.json is compressed in a way",
    ),
    "claims less than it holds": (with_header(that_claims_less_than_it_holds), "train.log is damaged"),
    "no zip": (lambda package: b"This is no zip." * 10, "it is no whole zip file"),
    "empty": (lambda package: b"", "it is no whole zip file"),
    "cut": (lambda package: package[:-30], "it is no whole zip file"),
    "only its end": (lambda package: package[-22:], "it is no whole zip file"),
    "another zip": (lambda package: zipped([("config.json", b"{}")]), "manifest.json is missing: it is no run package"),
    "a torch checkpoint": (lambda package: torch_file(), "it is in the Zip64 format"),
    "bits turned": (
        lambda package: package.replace(members_of(package)["weights.safetensors"][-100:], bytes(100)),
        "weights.safetensors is damaged",
    ),
}


def torch_file() -> bytes:
    buffer = BytesIO()
    torch.save({"epoch": 1, "network": tiny_network().state_dict()}, buffer)
    return buffer.getvalue()


MANIFESTS: dict[str, tuple[Build, str]] = {
    "wrong checksum": (
        lambda package: zipped(
            (members_of(package) | {"train.log": members_of(package)["train.log"].swapcase()}).items()
        ),
        "train.log is damaged: its SHA-256 is not the one in manifest.json",
    ),
    "wrong size": (
        lambda package: with_log(package, b"x"),
        "train.log has 1 bytes, and manifest.json tells of",
    ),
    "member not told of": (
        lambda package: zipped([*members_of(rebuilt(package, train=None)).items(), ("train.log", b"")]),
        "manifest.json names other members than there are",
    ),
    "missing configuration": (lambda package: rebuilt(package, config=None), "config.json is missing"),
    "missing epochs": (lambda package: rebuilt(package, epochs=None), "epochs.json is missing"),
    "missing weights": (lambda package: rebuilt(package, weights=None), "weights.safetensors is missing"),
    "newer format": (
        lambda package: told(members_of(package), format_version=2, novelty="?"),
        "it has format version 2: CIFAR Lab",
    ),
    "another format": (lambda package: told(members_of(package), format="zip"), "Manifest: format is 'zip'"),
    "unknown field": (lambda package: told(members_of(package), command="rm"), "there is no field command"),
    "no JSON": (lambda package: with_manifest(package, b"\xff{"), "manifest.json is no JSON"),
    "deep JSON": (lambda package: with_manifest(package, b"[" * 200_000), "manifest.json is no JSON"),
    "JSON of another kind": (lambda package: with_manifest(package, b"[1]"), "Manifest"),
    "an id that is a path": (
        lambda package: told(members_of(package), run={"id": "../../evil"}),
        "run.id is '../../evil'",
    ),
    "an id with a line feed": (
        lambda package: told(members_of(package), run={"id": "20261125-223452-5dfc8f\n"}),
        "run.id is",
    ),
    "a run that trains": (
        lambda package: told(members_of(package), run={"state": "running"}),
        "the run in it is running: only one that is over can be unpacked",
    ),
    "a run that waits": (lambda package: told(members_of(package), run={"state": "queued"}), "the run in it is queued"),
    "another name": (lambda package: told(members_of(package), run={"name": "other"}), "tell of different runs"),
    "another protocol": (lambda package: told(members_of(package), run={"protocol": "seed"}), "tell of different runs"),
    "an accuracy above 1": (
        lambda package: told(members_of(package), run={"clean_train_accuracy": 1.5}),
        "run.clean_train_accuracy is 1.5",
    ),
    "a better test accuracy": (
        lambda package: told(members_of(package), run={"test_accuracy": 0.99}),
        "predictions-test.npz gives another test accuracy than manifest.json",
    ),
    "a name that commands a terminal": (
        lambda package: told(members_of(package), run={"name": "\x1b[31mred\nrow"}),
        "run.name is",
    ),
    "a parent that is no id": (
        lambda package: told(members_of(package), run={"parent_id": "2026"}),
        "run.parent_id is",
    ),
    "a test accuracy that nothing gives": (
        lambda package: rebuilt(package, predictions_test=None),
        "a test accuracy without the predictions that give it",
    ),
    "control signs": (lambda package: told(members_of(package), run={"device": "\x1b[2J"}), "run.device is"),
    "half a sign": (lambda package: told(members_of(package), run={"note": "\ud800"}), "run.note is"),
    "weights of another epoch": (
        lambda package: told(members_of(package), weights_epoch=9),
        "its weights are of epoch 9, and its accuracy is that of",
    ),
    "a time with a zone": (
        lambda package: told(members_of(package), run={"created_at": "2026-11-25T22:43:51Z"}),
        "run.created_at is",
    ),
}


def with_log(package: bytes, content: bytes) -> bytes:
    """Another log than the manifest tells of."""
    return zipped((members_of(package) | {"train.log": content}).items())


def with_manifest(package: bytes, content: bytes) -> bytes:
    return zipped((members_of(package) | {"manifest.json": content}).items())


def newer(spec: str | None) -> Build:
    """A configuration of a schema that does not exist yet."""

    def build(package: bytes) -> bytes:
        config = json.loads(members_of(package)["config.json"])
        (config if spec is None else config[spec])["schema_version"] = 99
        return rebuilt(package, config=json.dumps(config).encode())

    return build


def _renamed_network(package: bytes, name: str) -> bytes:
    config = json.loads(members_of(package)["config.json"])
    config["architecture"]["name"] = name
    return json.dumps(config).encode()


def config_with(**fields: Any) -> Build:
    return lambda package: rebuilt(package, config=changed_json(package, "config.json", **fields))


def epoch_with(number: int = 0, **fields: Any) -> Build:
    return lambda package: rebuilt(package, epochs=changed_epoch(package, number, **fields))


SPECS: dict[str, tuple[Build, str]] = {
    "newer run schema": (newer(None), "cannot read its configuration: RunConfig: schema_version is 99"),
    "newer training schema": (
        newer("training"),
        "cannot read its configuration: RunConfig: training.schema_version is 99",
    ),
    "a network's name that commands a terminal": (
        lambda package: rebuilt(package, config=_renamed_network(package, "\x1b[31mred")),
        "which is not printable",
    ),
    "newer architecture schema": (newer("architecture"), "cannot read its configuration"),
    "unknown data set": (
        config_with(dataset="imagenet"),
        "RunConfig: dataset is 'imagenet'",
    ),
    "a pickle as configuration": (
        lambda package: rebuilt(package, config=pickle.dumps(Evil())),
        "cannot read its configuration",
    ),
    "epochs out of order": (epoch_with(epoch=2), "epochs.json must tell of the epochs from 1 on, 2 at most"),
    "no epochs": (
        lambda package: rebuilt(package, epochs=changed_json(package, "epochs.json", epochs=[])),
        "PackedEpochs: epochs is []",
    ),
    "a loss that is no number": (epoch_with(eval_loss=float("nan")), "epochs[0].eval_loss is nan"),
    "an infinite loss": (epoch_with(train_loss=float("inf")), "epochs[0].train_loss is inf"),
    "an accuracy below 0": (epoch_with(1, eval_accuracy=-0.1), "epochs[1].eval_accuracy is -0.1"),
    "a count no database keeps": (epoch_with(batches=2**70), "epochs[0].batches is"),
    "more right than there are": (epoch_with(eval_correct=65), "the accuracy that its right answers give"),
    "an accuracy of its own": (epoch_with(eval_accuracy=0.999), "the accuracy that its right answers give"),
    "an accuracy on nothing": (epoch_with(eval_count=0, eval_correct=0), "epochs[0].eval_count is 0"),
    "an endless epoch": (epoch_with(seconds=1e308), "epochs[0].seconds is 1e+308"),
    "no watched image": (
        lambda package: rebuilt(package, epochs=changed_json(package, "epochs.json", watched_index=[])),
        "watched_index is []",
    ),
    "epochs of another set": (epoch_with(split="test"), "epochs.json must tell of the validation set"),
    "an unknown figure": (epoch_with(bonus=1), "there is no field epochs[0].bonus"),
    "a watched image that is not there": (
        lambda package: rebuilt(package, epochs=changed_json(package, "epochs.json", watched_index=[1500] * 12)),
        "epochs.json tells of image 1,500: the validation set's array has 1,500",
    ),
    "other images watched": (
        lambda package: rebuilt(package, epochs=changed_json(package, "epochs.json", watched_index=[1])),
        "epochs.json tells probabilities of other images or classes",
    ),
    "a log that is no text": (lambda package: rebuilt(package, train=b"\xff\xfe"), "train.log is no text in UTF-8"),
}


def weights_with(change: Callable[[dict[str, np.ndarray]], Any]) -> Build:
    def build(package: bytes) -> bytes:
        arrays = {
            name: array.copy()
            for name, array in safetensors.numpy.load(members_of(package)["weights.safetensors"]).items()
        }
        change(arrays)
        return rebuilt(package, weights=safetensors.numpy.save(arrays))

    return build


def weights_of(content: bytes) -> Build:
    return lambda package: rebuilt(package, weights=content)


def first(arrays: dict[str, np.ndarray]) -> str:
    return next(name for name, array in sorted(arrays.items()) if array.ndim == 4)


def other_network() -> dict[str, np.ndarray]:
    from cifar_core.architecture.build import build_seeded

    return {name: tensor.numpy() for name, tensor in build_seeded(tiny_architecture(width=9), 0).state_dict().items()}


def header_of(length: int, text: bytes) -> bytes:
    return struct.pack("<Q", length) + text


OTHER = "its weights are those of another network than its configuration describes"
FOREIGN = "weights.safetensors is no safetensors file"
NO_SAFETENSORS = "weights.safetensors is no whole safetensors file of float32 and int64 arrays"
WEIGHTS: dict[str, tuple[Build, str]] = {
    "weights of another network": (weights_of(safetensors.numpy.save(other_network())), OTHER),
    "a weight too few": (weights_with(lambda arrays: arrays.pop(first(arrays))), OTHER),
    "a weight too many": (weights_with(lambda arrays: arrays.update(more=np.zeros(1, np.float32))), OTHER),
    "another shape": (weights_with(lambda arrays: arrays.update({first(arrays): np.zeros((1, 2), np.float32)})), OTHER),
    "another type": (
        weights_with(lambda arrays: arrays.update({first(arrays): arrays[first(arrays)].astype(np.float64)})),
        NO_SAFETENSORS,
    ),
    "not a number": (
        weights_with(lambda arrays: arrays[first(arrays)].fill(np.nan)),
        "hold a number that is not finite",
    ),
    "a torch checkpoint as weights": (lambda package: rebuilt(package, weights=torch_file()), "is no safetensors file"),
    "a pickle as weights": (weights_of(pickle.dumps(Evil())), "weights.safetensors is no safetensors file"),
    "no bytes": (weights_of(b""), "weights.safetensors is no safetensors file"),
    "a header longer than the file": (
        weights_of(header_of(2**40, b"{}")),
        "weights.safetensors is no safetensors file",
    ),
    "a header larger than allowed": (
        weights_of(header_of(MIB + 1, np.random.default_rng(0).bytes(2 * MIB))),
        "weights.safetensors is no safetensors file",
    ),
    "a header that lies about sizes": (
        weights_of(header_of(74, b'{"a":{"dtype":"F32","shape":[9999999999999],"data_offsets":[0,39999999]}}    ')),
        NO_SAFETENSORS,
    ),
    "a type that numpy lacks": (
        weights_of(header_of(56, b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'.ljust(56)) + b"\0\0"),
        NO_SAFETENSORS,
    ),
}


def arrays_with(**changes: Any) -> Build:
    return lambda package: rebuilt(package, predictions_test=changed_arrays(package, **changes))


def predictions_of(content: bytes) -> Build:
    return lambda package: rebuilt(package, predictions_test=content)


def npy(description: str) -> bytes:
    """The beginning of an array file with a description of one's own, and no data."""
    text = description.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def npz_with(name: str, content: bytes, method: int = zipfile.ZIP_STORED) -> Build:
    def build(package: bytes) -> bytes:
        members = members_of(members_of(package)["predictions-test.npz"]) | {name: content}
        return rebuilt(package, predictions_test=zipped(members.items(), method))

    return build


def put(position: int, value: int) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[position] = value
        return array

    return change


def another_ahead(steps: np.ndarray) -> np.ndarray:
    steps[0] = 0
    steps[0, (steps[0].argmax() + 1) % 10] = 255
    return np.roll(steps, 1, axis=1)


DAMAGED = "predictions-test.npz is damaged, or holds other arrays than a run package's"
PREDICTIONS: dict[str, tuple[Build, str]] = {
    "a pickle in an array": (arrays_with(target=np.array([Evil()], dtype=object)), DAMAGED),
    "a pickle instead of an array": (npz_with("target.npy", pickle.dumps(Evil())), DAMAGED),
    "a pickle instead of the file": (predictions_of(pickle.dumps(Evil())), DAMAGED),
    "another type of array": (arrays_with(target=lambda array: array.astype(np.int64)), DAMAGED),
    "probabilities of floats": (arrays_with(probabilities=lambda array: array / 255), DAMAGED),
    "an array too few": (arrays_with(index=None), DAMAGED),
    "an array too many": (arrays_with(more=np.zeros(1)), DAMAGED),
    "an array that claims terabytes": (
        npz_with("index.npy", npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1000000000000,), }")),
        DAMAGED,
    ),
    "a description that is code": (npz_with("index.npy", npy("__import__('os').abort()")), DAMAGED),
    "columns first": (arrays_with(probabilities=lambda array: np.asfortranarray(array)), DAMAGED),
    "packed twice": (npz_with("index.npy", b"", zipfile.ZIP_DEFLATED), DAMAGED),
    "fewer targets": (arrays_with(target=lambda array: array[:-1]), "arrays of shapes that do not belong together"),
    "other classes": (
        arrays_with(probabilities=lambda array: array[:, :-1].copy()),
        "shapes that do not belong together",
    ),
    "no dimension": (arrays_with(index=np.int32(1)), "shapes that do not belong together"),
    "no image": (
        arrays_with(**{name: lambda array: array[:0] for name in ("index", "target", "predicted", "probabilities")}),
        "shapes that do not belong together",
    ),
    "an image that is not there": (arrays_with(index=put(0, 297)), "an image twice, or of one beyond the 297"),
    "a negative position": (arrays_with(index=put(0, -1)), "an image twice, or of one beyond the 297"),
    "an image twice": (arrays_with(index=put(0, 1)), "an image twice"),
    "a class that is not there": (arrays_with(target=put(0, 10)), "tells of class 10: 9 is the last one"),
    "a prediction of no class": (arrays_with(predicted=put(0, 200)), "tells of class 200"),
    "probabilities above 1": (arrays_with(probabilities=put(0, 100)), "probabilities that do not sum to 1"),
    "another class ahead": (arrays_with(probabilities=another_ahead), "another class than the predicted one is ahead"),
    "another epoch": (arrays_with(epoch=np.int64(77)), "predictions-test.npz is of epoch 77, and the weights of"),
    "no epoch": (arrays_with(epoch=np.zeros(2, np.int64)), "does not tell the epoch of its weights"),
}


BAD_FILES = (ARCHIVES, MANIFESTS, SPECS, WEIGHTS, PREDICTIONS)
"""By name: how a whole package is made bad, and what the sentence says that refuses it."""
