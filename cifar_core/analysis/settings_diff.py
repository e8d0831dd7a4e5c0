"""In which settings runs differ: only these, from the network's layers down to versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cifar_core.analysis.network_diff import are_same_network, label_settings, network_settings
from cifar_core.analysis.setting_words import ABSENT, Part, Settings, aligned, field_words, in_words, merged
from cifar_core.data import dataset_info
from cifar_core.data.augmentation import Mixer, Transform
from cifar_core.data.splits import split_sizes
from cifar_core.errors import SpecError
from cifar_core.runs import Run

SettingPart = Literal["data", "network", "augmentation", "training", "machine", "name"]

_LABELS = ("schema_version", "recipe")
"""Fields of a TrainingSpec that only name something."""
LIKE_A_SEED = ("seed", "device", "threads")
"""What changes a result only as another seed does: elsewhere, sums are rounded in other places."""
_MOVES_NO_BITS = ("python", "cifar lab")
"""What changes no result by itself, as `runs.environment.resume_note` has it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which some runs differ."""

    part: SettingPart
    setting: str
    """The field's path in words: "optimizer, learning rate"."""
    values: tuple[str, ...]
    """One a run, in the runs' order; "-" where a run has no such setting."""
    decides: bool
    """False for what only names something, and for what acts like another seed, or not at all."""


def differing_settings(runs: Sequence[Run]) -> list[Difference]:
    """What differs among some runs: data, network, augmentation, training, machine and names, in this order."""
    parts: tuple[tuple[SettingPart, Sequence[Settings]], ...] = (
        ("data", [{"data set": run.config.dataset} for run in runs]),
        ("network", network_settings([run.config.architecture for run in runs])),
        ("augmentation", _augmentation(runs)),
        ("training", _training(runs)),
        ("machine", [_machine(run) for run in runs]),
        ("name", _names(runs)),
    )
    return [difference for part, settings in parts for difference in _differing(part, settings)]


def deciding(differences: Sequence[Difference]) -> list[Difference]:
    """Without names, and without what acts like another seed, or not at all."""
    return [difference for difference in differences if difference.decides]


def only_change(before: Run, after: Run) -> Difference | None:
    """The only setting that decides and differs, values in this order; None where there is none, or are several."""
    runs = (before, after)
    if before.config.dataset != after.config.dataset:
        return None
    parts: tuple[tuple[SettingPart, Sequence[Settings]], ...] = (
        ("augmentation", _augmentation(runs)),
        ("training", _training(runs)),
        ("machine", [_machine(run) for run in runs]),
    )
    changes = deciding([change for part, settings in parts for change in _differing(part, settings)])
    if len(changes) > 1:
        return None
    networks = [run.config.architecture for run in runs]
    # To pair the layers of two networks takes far longer than all the rest: only where nothing else differs.
    if not are_same_network(networks):
        changes = [] if changes else list(_differing("network", network_settings(networks)))
    return changes[0] if len(changes) == 1 else None


def circumstances(runs: Sequence[Run]) -> list[str]:
    """What differs among runs of the same settings without deciding: "seed", "device", "threads", "python", ..."""
    asked = [{"seed": str(run.config.training.seed), "device": run.config.training.device} for run in runs]
    differing = (*_differing("training", asked), *_differing("machine", [_machine(run) for run in runs]))
    return list(dict.fromkeys(difference.setting for difference in differing if not difference.decides))


def deciding_versions(run: Run) -> Settings:
    """Those that a result depends on: of torch."""
    return {path: version for path, version in _machine(run).items() if _decides("machine", path)}


def held_out(run: Run) -> int | None:
    """How many training images are held out where its protocol holds any out; None where there are too few."""
    training = run.config.training
    try:
        return split_sizes(dataset_info(run.config.dataset), "validation", training.validation_images)[1]
    except SpecError:
        return None


def _differing(part: SettingPart, settings: Sequence[Settings]) -> Iterator[Difference]:
    for path in dict.fromkeys(path for each in settings for path in each):
        values = tuple(each.get(path, ABSENT) for each in settings)
        if len(set(values)) > 1:
            yield Difference(part, path, values, _decides(part, path))


def _decides(part: SettingPart, path: str) -> bool:
    return part != "name" and path not in LIKE_A_SEED and path not in _MOVES_NO_BITS


def _names(runs: Sequence[Run]) -> list[Settings]:
    labels = label_settings([run.config.architecture for run in runs])
    return [
        {
            "run": run.config.name,
            "network": run.config.architecture.name,
            **layers,
            "augmentation": run.config.augmentation.name,
            "recipe": run.config.training.recipe,
        }
        for run, layers in zip(runs, labels, strict=True)
    ]


def _machine(run: Run) -> Settings:
    versions = {name.replace("_", " "): version for name, version in run.environment.items()}
    return {"device": run.device or ABSENT, **versions}


def _augmentation(runs: Sequence[Run]) -> list[Settings]:
    """Transforms of a type stand for each other, the first for the first; those that all have may differ in order.

    Mixers do too, but the toss of a coin chooses between them: their order is no setting.
    """
    pipelines = [_by_title(run.config.augmentation.transforms) for run in runs]
    mixers = [_by_title(run.config.augmentation.batch) for run in runs]
    common = set(pipelines[0]).intersection(*pipelines)
    orders = [{"order": ", ".join(title for title in pipeline if title in common)} for pipeline in pipelines]
    return merged([*_places(pipelines), orders, *_places(mixers)], len(runs))


def _places(of_runs: Sequence[Mapping[str, Part]]) -> list[list[Settings]]:
    titles = dict.fromkeys(title for parts in of_runs for title in parts)
    return [aligned(title, [parts.get(title) for parts in of_runs]) for title in titles]


def _by_title(specs: Sequence[Transform | Mixer]) -> dict[str, Part]:
    """In their order; a second one of a type has its number behind its title."""
    seen: Counter[str] = Counter()
    found = {}
    for spec in specs:
        title = spec.type.replace("_", " ")
        seen[title] += 1
        found[title if seen[title] == 1 else f"{title} {seen[title]}"] = Part.of(title, spec)
    return found


def _training(runs: Sequence[Run]) -> list[Settings]:
    specs = [run.config.training for run in runs]
    plain = [field_words(spec, skip=_LABELS) for spec in specs]
    if len({spec.validation_images for spec in specs}) > 1:
        # A tenth, left to the program, may be as many as another run's person wrote out.
        for words, run in zip(plain, runs, strict=True):
            if (images := held_out(run)) is not None:
                words["validation images"] = in_words(images)
    places = [
        plain,
        aligned("optimizer", [Part.of(spec.optimizer.kind, spec.optimizer) for spec in specs]),
        aligned("schedule", [Part.of(spec.schedule.kind, spec.schedule) for spec in specs]),
    ]
    return merged(places, len(runs))
