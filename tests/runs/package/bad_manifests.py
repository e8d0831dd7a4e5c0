"""Run packages whose manifest is bad, or tells what is not so."""

from __future__ import annotations

from tests.runs.package.building import Build, members_of, rebuilt, told, zipped

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
