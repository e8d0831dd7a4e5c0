"""A run beside other stored ones: what a setting did, where it is the only one that differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cifar_core.analysis.curves import Curve, reference_curve, run_title
from cifar_core.analysis.finding import Finding, FindingKind, noise, points
from cifar_core.analysis.seeds import Seeds, explained_by_seeds
from cifar_core.analysis.setting_words import ABSENT
from cifar_core.analysis.settings_diff import (
    LIKE_A_SEED,
    Difference,
    circumstances,
    deciding,
    differing_settings,
    held_out,
    only_change,
)
from cifar_core.data import dataset_info
from cifar_core.errors import LabError
from cifar_core.protocol import BEST_LABELS, evaluation_split
from cifar_core.runs import Run, RunFilter, RunState, RunStore
from cifar_core.words import count, counted, percent

SEARCHED_RUNS = 100
"""The newest runs that are looked through for one that differs in a single setting."""
MAX_SETTINGS = 3
"""Single settings that are told of."""
TOLD_CHANGES = 4
"""Of many changes, so many are named."""
_DONE = (RunState.COMPLETED,)
_SEED_TRAIN_IMAGES = 50_000
_CIRCUMSTANCES = {"threads": "number of threads", "python": "Python version", "cifar lab": "CIFAR Lab version"}


def neighbour_findings(store: RunStore, run: Run, images: int) -> list[Finding]:
    """The run beside the one that it was cloned from, and beside the newest that differ from it in a single setting.

    Only completed runs are compared.

    Args:
        store: of the runs.
        run: to judge.
        images: that its accuracy is measured on.
    """
    parent, found, told = _parent(store, run), list[Finding](), {run.family}
    if parent is not None and (reason := _incomparable(run, parent)):
        found.append(Finding("parent", f"No comparison with its parent {run_title(parent)}: {reason}.", {}))
        parent = None
    if not _is_done(run):
        return found
    beside = _Beside(store, run, Seeds.of(store, run), images)
    if parent is not None and _is_done(parent):
        changes = deciding(differing_settings([parent, run]))
        found.append(beside.changed(parent, changes, "parent") if changes else beside.repeated(parent))
        told.add(parent.family)
    return [*found, *_setting_findings(beside, told)]


def _parent(store: RunStore, run: Run) -> Run | None:
    if run.parent_id is None:
        return None
    try:
        found = store.get(run.parent_id)
    except LabError:
        return None  # it came without its parent, or that one was purged
    # The store takes part of an id too.
    return found if found.id == run.parent_id else None


def _setting_findings(beside: _Beside, told: set[str]) -> list[Finding]:
    """What single settings did; nothing of the families that were told of."""
    run, found, seen = beside.run, list[Finding](), set(told)
    like = RunFilter(states=_DONE, datasets=(run.config.dataset,), protocols=(run.config.training.protocol,))
    for other in beside.store.find_runs(like, limit=SEARCHED_RUNS):
        if other.family in seen or not _is_done(other):
            continue
        seen.add(other.family)
        if _incomparable(run, other) is None and (change := only_change(other, run)):
            found.append(beside.changed(other, [change], "setting"))
            if len(found) == MAX_SETTINGS:
                break
    return found


def seed_finding(run: Run, curve: Curve) -> Finding | None:
    """The run beside the seed document's curve at the same epoch, if both were measured alike; None without epochs."""
    if not curve.epochs:
        return None
    reason = _unlike_the_seed(run, curve)
    if reason:
        return Finding("seed", f"No comparison with the seed document's curve: {reason}.", {})
    reference = reference_curve()
    epoch = min(curve.epochs[-1], reference.epochs[-1])
    ours, theirs = (dict(zip(each.epochs, each.accuracy, strict=True))[epoch] for each in (curve, reference))
    sentence = (
        f"At epoch {epoch} test accuracy is {percent(ours)}, the seed document's Model 3 had {percent(theirs)} "
        f"({points(ours - theirs, signed=True)}), both by the seed's protocol"
    )
    if abs(ours - theirs) <= noise(theirs, curve.images):
        sentence += f": as much as {count(curve.images)} images leave to luck"
    return Finding("seed", f"{sentence}.", {"epoch": epoch, "this run": ours, "seed document": theirs})


def _unlike_the_seed(run: Run, curve: Curve) -> str | None:
    if run.config.dataset != "cifar10":
        return f"it was trained on CIFAR-10, this run on {dataset_info(run.config.dataset).title}"
    if run.config.training.protocol == "refit":
        return "it read the test set after every epoch, this run once, after the last one"
    if run.config.training.protocol != "seed":
        return (
            "it trained on all images and read the test set after every epoch, this run holds validation images out "
            "and chooses on them"
        )
    if run.train_images != _SEED_TRAIN_IMAGES or curve.images != reference_curve().images:
        return (
            f"it trained on 50,000 and was tested on 10,000 images, this run on {count(run.train_images)} "
            f"and {count(curve.images)}"
        )
    return None


@dataclass(frozen=True, slots=True)
class _Beside:
    """A completed run, ready to be compared with others."""

    store: RunStore
    run: Run
    seeds: Seeds
    """Its own configuration's."""
    images: int
    """That its accuracy is measured on."""

    def changed(self, other: Run, changes: Sequence[Difference], kind: FindingKind) -> Finding:
        """Its configuration beside another one, over the seeds of both."""
        ours, theirs = self.seeds, Seeds.of(self.store, other)
        difference = ours.mean - theirs.mean
        by_seeds = explained_by_seeds((ours, theirs), math.sqrt(1 / ours.count + 1 / theirs.count))
        luck = max(noise(theirs.mean, self.images), by_seeds or 0.0)
        also = circumstances([*ours.runs, *theirs.runs])
        compared = self._figures(
            ours.mean, theirs.mean, other, f"; n = {ours.count} against {counted(theirs.count, 'seed')}"
        )
        told = ", ".join(map(_change, changes[:TOLD_CHANGES]))
        if len(changes) > TOLD_CHANGES:
            told += f" and {len(changes) - TOLD_CHANGES} more"
        if abs(difference) <= luck:
            sentence = f"No difference beyond luck with {told}: {compared}."
        elif len(changes) > 1:
            sentence = f"{_capital(compared)}: this coincides with {told}."
        elif by_seeds is None and not set(also).isdisjoint(LIKE_A_SEED):
            # Nothing tells what another seed alone would have done.
            one_each = f"one seed each, and {_named(also)} {_differ(also)} too"
            sentence = f"{_capital(compared)}: this coincides with {told}; {one_each}."
        else:
            verb = "helped" if difference > 0 else "did harm"
            others = f"otherwise only {_named(also)} {_differ(also)}" if also else "no other setting differs"
            sentence = f"{_capital(told)} {verb}: {compared}; {others}."
        numbers: dict[str, float | int | str] = {
            "this configuration": ours.mean,
            "its seeds": ours.count,
            f"that of {other.id}": theirs.mean,
            "seeds there": theirs.count,
            "difference that luck explains": luck,
        }
        return Finding(kind, sentence, numbers)

    def repeated(self, parent: Run) -> Finding:
        """It beside a parent of the same settings: what another seed did."""
        ours, theirs = self.run.best_accuracy or 0.0, parent.best_accuracy or 0.0
        also = circumstances([parent, self.run])
        numbers: dict[str, float | int | str] = {"this run": ours, parent.id: theirs}
        compared = self._figures(ours, theirs, parent)
        if "seed" not in also:
            same = "The same settings and seed" + (f", but for {_named(also)}" if also else "")
            return Finding("parent", f"{same}: {compared}.", numbers)
        seeds = Seeds.of(self.store, self.run, parent)
        luck = max(noise(theirs, self.images), explained_by_seeds([seeds], math.sqrt(2)) or 0.0)
        verdict = "no more than luck explains" if abs(ours - theirs) <= luck else "more than luck explains"
        sentence = f"The same settings but for {_named(also)}: {compared}; {verdict}, by n = {seeds.count} seeds."
        return Finding("parent", sentence, {**numbers, "seeds": seeds.count, "difference that luck explains": luck})

    def _figures(self, ours: float, theirs: float, other: Run, more: str = "") -> str:
        protocol = self.run.config.training.protocol
        return (
            f"best {evaluation_split(protocol)} accuracy {percent(ours)} against {percent(theirs)} in "
            f"{run_title(other)} ({points(ours - theirs, signed=True)}; {BEST_LABELS[protocol]}{more})"
        )


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _named(circumstances: Sequence[str]) -> str:
    """The seed; seed and device; seed, device and number of threads."""
    names = [_CIRCUMSTANCES.get(name, name) for name in circumstances]
    return f"the {names[0]}" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _differ(names: Sequence[str]) -> str:
    return "differs" if len(names) == 1 else "differ"


def _change(difference: Difference) -> str:
    before, after = ("none" if value == ABSENT else value for value in difference.values)
    return f"{difference.part}: {difference.setting} ({before} → {after})"


def _is_done(run: Run) -> bool:
    return run.state == RunState.COMPLETED and run.best_accuracy is not None


def _incomparable(run: Run, other: Run) -> str | None:
    """Why the accuracies of two runs mean different things; None where they mean the same."""
    one, another = run.config, other.config
    if one.dataset != another.dataset:
        titles = [dataset_info(config.dataset).title for config in (another, one)]
        return f"it was trained on {titles[0]}, this run on {titles[1]}"
    if one.training.protocol != another.training.protocol:
        return f'its protocol is "{another.training.protocol}", this run\'s is "{one.training.protocol}"'
    if run.league != other.league:
        return f"it trained on {count(other.train_images)} images, this run on {count(run.train_images)}"
    evaluated = [(held_out(each), each.config.training.limit_test) for each in (run, other)]
    if evaluated[0] != evaluated[1]:
        return "the two were not evaluated on the same images"
    return None
