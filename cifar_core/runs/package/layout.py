"""What a run package consists of: its members with their limits, its manifest, its epochs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, NaiveDatetime

from cifar_core.protocol import EpochSplit, EvaluationSplit, Protocol
from cifar_core.runs.keeping import MAX_NOTE, MAX_TAG, MAX_TAGS
from cifar_core.runs.records import RunState
from cifar_core.runs.report_texts import MAX_TEXT
from cifar_core.spec_model import SpecModel
from cifar_core.zips import MIB

SUFFIX = ".cifarrun"
FORMAT_VERSION = 1

MANIFEST, CONFIG, EPOCHS, LOG = "manifest.json", "config.json", "epochs.json", "train.log"
WEIGHTS = "weights.safetensors"
PREDICTIONS: dict[EvaluationSplit, str] = {
    "validation": "predictions-validation.npz",
    "test": "predictions-test.npz",
}

MAX_MEMBER_BYTES = {
    MANIFEST: MIB // 4,
    CONFIG: MIB,
    EPOCHS: 8 * MIB,
    WEIGHTS: 256 * MIB,
    PREDICTIONS["validation"]: 4 * MIB,
    PREDICTIONS["test"]: 4 * MIB,
    LOG: 16 * MIB,
}
"""Every member that there may be, in the order in which they are written, with the most bytes it may have unpacked."""
REQUIRED = (MANIFEST, CONFIG, EPOCHS, WEIGHTS)
MAX_PACKAGE_BYTES = 288 * MIB
"""Of the file, and of all its members unpacked."""
MAX_INT = 2**31 - 1
"""What every database keeps."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=MAX_INT)]
NotNegative = Annotated[float, Field(ge=0, le=1e9)]
"""A few of them can be added up, and told in words."""
Loss = Annotated[float, Field(ge=0, le=1e30)]
RunId = Annotated[str, Field(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$")]
# No control signs: these are printed on terminals.
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Text = Annotated[str, Field(max_length=20_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$")]


class Member(SpecModel):
    """What a member must turn out to be."""

    size: Count
    """Bytes, unpacked."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PackedRun(SpecModel):
    """The run's row, without what follows from its configuration and its epochs. Times are in UTC."""

    # Its folder is named so when it is unpacked: nothing but what the store generates.
    id: RunId
    name: Annotated[Line, Field(min_length=1, max_length=80)]
    state: RunState
    protocol: Protocol
    created_at: NaiveDatetime
    started_at: NaiveDatetime | None
    finished_at: NaiveDatetime | None
    device: Annotated[Line, Field(max_length=120)] | None
    environment: Annotated[dict[Line, Line], Field(max_length=20)]
    error: Text | None
    clean_train_accuracy: Share | None
    test_accuracy: Share | None
    spent_seconds: NotNegative
    parent_id: RunId | None
    group_id: RunId | None
    note: Annotated[Text, Field(max_length=MAX_NOTE)]
    tags: Annotated[list[Annotated[Line, Field(min_length=1, max_length=MAX_TAG)]], Field(max_length=MAX_TAGS)]
    target: Annotated[Text, Field(max_length=MAX_TEXT)] = ""
    """A person's own words on it, for its report."""
    analysis: Annotated[Text, Field(max_length=MAX_TEXT)] = ""


class Manifest(SpecModel):
    """What the package is, and what its other members must be."""

    format: Literal["cifarrun"] = "cifarrun"
    format_version: Literal[1] = 1
    project_version: Line
    """That packed it."""
    created_at: NaiveDatetime
    """When the run was made: two packages of one run are the same bytes."""
    weights_epoch: Annotated[int, Field(ge=1, le=MAX_INT)]
    """Of the checkpoint that the weights and the predictions are from."""
    run: PackedRun
    members: dict[str, Member]


class PackedEpoch(SpecModel):
    """`EpochMetrics`, and what the network said of the watched images."""

    epoch: Annotated[int, Field(ge=1, le=MAX_INT)]
    train_loss: Loss
    train_accuracy: Share
    last_batch_loss: Loss
    batches: Count
    split: EpochSplit
    eval_loss: Loss
    eval_accuracy: Share
    eval_correct: Count
    eval_count: Annotated[int, Field(ge=1, le=MAX_INT)]
    learning_rate: NotNegative
    images_per_second: NotNegative
    seconds: NotNegative
    watched: list[list[Share]] | None = None
    """Class probabilities of each watched image; null where they were not kept."""


class PackedEpochs(SpecModel):
    """What each finished epoch measured."""

    watched_index: Annotated[list[Count], Field(min_length=1, max_length=1000)] | None
    """Positions of the watched images in the array that `split` is from: test, else train; null without any."""
    epochs: Annotated[list[PackedEpoch], Field(min_length=1, max_length=2000)]


def newer_version(manifest: Any) -> int | None:
    """The format version of a manifest, as read from JSON, if this program cannot know it yet."""
    version = manifest.get("format_version") if isinstance(manifest, dict) else None
    return version if isinstance(version, int) and version > FORMAT_VERSION else None
