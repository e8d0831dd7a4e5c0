"""Accuracies computed anew from the weights in run packages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cifar_core.architecture import num_macs
from cifar_core.classroom.entries import opened_entries
from cifar_core.classroom.submissions import Submission, package_in
from cifar_core.data import require_dataset, shared_dataset
from cifar_core.errors import LabError, SpecError, foreign_sentence
from cifar_core.runs.package.reading import RunPackage
from cifar_core.words import macs

MAX_MACS = 1_000_000_000
"""For one image: forty times those of the seed's Model 3. On two cores 10,000 images of it take about ten minutes."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What a package's weights answer on the test images at hand."""

    accuracy: float | None
    """In 0..1; None if it could not be computed."""
    images: int
    problem: str = ""
    """Why there is no accuracy, in a sentence."""


def with_weights(submissions: Sequence[Submission]) -> list[Submission]:
    """The submissions that hold weights."""
    return [submission for submission in submissions if submission.run is not None]


def recompute(
    source: Path | bytes,
    submissions: Sequence[Submission],
    name: str = "class.zip",
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[str, Recomputed]]:
    """Evaluates the package of each submission that holds one, one after the other: seconds to minutes each.

    Weights are arrays of numbers (safetensors), the network is built from its description: no student's code runs.

    Args:
        source: as it was for `read_submissions`.
        submissions: what was read there.
        name: as for `read_submissions`.
        should_stop: asked between batches.

    Returns:
        The file's name with what was found, as soon as each is done.

    Raises:
        SpecError: the folder or zip has gone, or is damaged by now.
        StopRequested: `should_stop()` returned true.
    """
    wanted = {submission.file for submission in with_weights(submissions)}
    with opened_entries(source, name) as entries:
        for entry in entries:
            if entry.name not in wanted or entry.problem:
                continue
            try:
                yield entry.name, _evaluate(package_in(entry), should_stop)
            except LabError as error:
                yield entry.name, Recomputed(None, 0, f"Not recomputed: {error}")
            except (RuntimeError, MemoryError) as error:  # torch's, where memory runs out
                yield entry.name, Recomputed(None, 0, f"Not recomputed: {foreign_sentence(error)}.")


def _evaluate(package: RunPackage, should_stop: Callable[[], bool]) -> Recomputed:
    config = package.config
    require_dataset(config.dataset)
    cost = num_macs(config.architecture.layers)
    if cost > MAX_MACS:
        raise SpecError(f"its network needs {macs(cost)} MACs an image, and {macs(MAX_MACS)} is the limit here.")
    # Imported here: a table without accuracies must not wait for torch.
    from safetensors.torch import load as load_safetensors

    from cifar_core.runs.evaluation import StoredWeights, TrainedNetwork
    from cifar_core.runs.run_data import as_tensors

    weights = StoredWeights(load_safetensors(package.weights), 0, Path("its package"))
    network = TrainedNetwork.of_weights(config, weights)
    # All test images, however few of them the run itself was evaluated on: its maker decided that.
    test = as_tensors(shared_dataset(config.dataset).test)
    answers = network.probabilities(test.images, should_stop).argmax(dim=1)
    return Recomputed(float((answers == test.targets).double().mean()), len(test))
