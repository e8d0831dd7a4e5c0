"""Run packages with a bad configuration, bad epochs or a bad log."""

from __future__ import annotations

import json
import pickle
from typing import Any

from tests.runs.package.building import Build, Evil, changed_epoch, changed_json, members_of, rebuilt


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
