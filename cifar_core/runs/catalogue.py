"""The runs of a store as a person looks through them: filtered, sorted, a page at a time, and by configuration."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_

from cifar_core.errors import SpecError
from cifar_core.protocol import Protocol
from cifar_core.runs.finding import RunFinder, record_or_warn
from cifar_core.runs.records import Run, RunOrigin, RunState
from cifar_core.runs.rows import as_json, metrics_from_row
from cifar_core.runs.tables import EpochRow, RunRow
from cifar_core.training.metrics import EpochMetrics

CURVE_POINTS = 40
"""Most points of a curve as small as a table's cell."""


class RunOrder(StrEnum):
    """What a list of runs is sorted by; accuracies only within a league, the leagues one behind the other."""

    NEWEST = "newest"
    NAME = "name"
    BEST_ACCURACY = "best accuracy"
    TEST_ACCURACY = "test accuracy"
    NUM_PARAMS = "parameters"
    TIME = "time"
    SIZE = "size"


_LEAGUE = (RunRow.dataset, RunRow.protocol, RunRow.train_images)
_RANKED_BY: dict[str, Any] = {
    RunOrder.BEST_ACCURACY: RunRow.best_accuracy,
    RunOrder.TEST_ACCURACY: RunRow.test_accuracy,
}


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are looked for; what is empty lets all through."""

    text: str = ""
    """Part of a name, a note, a tag or an id, whatever its case."""
    states: tuple[RunState, ...] = ()
    datasets: tuple[str, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    origins: tuple[RunOrigin, ...] = ()
    tags: tuple[str, ...] = ()
    """A run needs one of them."""
    family: str = ""
    ids: tuple[str, ...] = ()
    """Whole ones."""
    deleted: bool = False
    """Only the deleted ones; else only those that are there."""


@dataclass(frozen=True, slots=True)
class Spread:
    """An accuracy over the runs of a family."""

    count: int
    mean: float
    """In 0..1."""
    deviation: float | None
    """Of the sample (n - 1); None for a single run."""


@dataclass(frozen=True, slots=True)
class Family:
    """Runs of one configuration, whatever their seeds."""

    key: str
    newest: Run
    count: int
    best_accuracy: Spread | None
    """Over the completed runs: one that was stopped early tells nothing of where its configuration comes to."""
    test_accuracy: Spread | None
    """Over the completed runs whose test accuracy was read."""


class RunCatalogue(RunFinder):
    """Looks through the store's runs."""

    def list_runs(self, limit: int = 50, offset: int = 0, states: Sequence[RunState] = ()) -> list[Run]:
        """Runs, newest first, as `find_runs`."""
        return self.find_runs(RunFilter(states=tuple(states)), limit=limit, offset=offset)

    def count_runs(self, states: Sequence[RunState] = ()) -> int:
        """How many runs there are, without the deleted ones."""
        return self.count_found(RunFilter(states=tuple(states)))

    def find_runs(
        self, wanted: RunFilter | None = None, order: RunOrder = RunOrder.NEWEST, limit: int = 50, offset: int = 0
    ) -> list[Run]:
        """One page of the runs that pass a filter; one whose configuration cannot be read is left out."""
        self.mark_vanished()
        # The few ids first: sorting whole rows would read every configuration.
        ids = select(RunRow.id).where(_passes(wanted)).order_by(*_sorted_by(order)).limit(limit).offset(offset)
        with self._database.reading() as session:
            found = session.scalars(ids).all()
            rows = {row.id: row for row in session.scalars(select(RunRow).where(RunRow.id.in_(found)))}
        return [run for run in (record_or_warn(rows[run_id]) for run_id in found) if run is not None]

    def count_found(self, wanted: RunFilter | None = None) -> int:
        """How many runs pass a filter."""
        with self._database.reading() as session:
            return session.scalar(select(func.count()).select_from(RunRow).where(_passes(wanted))) or 0

    def ranks(self, run_ids: Sequence[str], order: RunOrder, wanted: RunFilter | None = None) -> dict[str, int]:
        """Places of some runs by an accuracy, each within its league among the runs that pass a filter, by run id.

        1 is the best; equal accuracies share a place. A run without that accuracy has none.

        Raises:
            SpecError: the order is by something else.
        """
        if order not in _RANKED_BY:
            raise SpecError(f"Runs are ranked by {' or by '.join(_RANKED_BY)} only, not by {order}.")
        accuracy = _RANKED_BY[order]
        place = func.rank().over(partition_by=_LEAGUE, order_by=accuracy.desc())
        ranked = select(RunRow.id, place.label("place")).where(_passes(wanted), accuracy.is_not(None)).subquery()
        with self._database.reading() as session:
            found = session.execute(select(ranked.c.id, ranked.c.place).where(ranked.c.id.in_(run_ids)))
            return {row.id: row.place for row in found}

    def find_families(self, wanted: RunFilter | None = None, limit: int = 50, offset: int = 0) -> list[Family]:
        """One page of the configurations of the runs that pass a filter, the one with the newest run first."""
        self.mark_vanished()
        made = func.max(RunRow.created_at)
        query = (
            select(RunRow.family, made, func.count(), *_sums(RunRow.best_accuracy), *_sums(RunRow.test_accuracy))
            .where(_passes(wanted))
            .group_by(RunRow.family)
            .order_by(made.desc(), RunRow.family)
        )
        with self._database.reading() as session:
            found = session.execute(query.limit(limit).offset(offset)).all()
            is_newest = tuple_(RunRow.family, RunRow.created_at).in_([(row[0], row[1]) for row in found])
            # Of several that were made in one moment the last id counts, as in a list of runs.
            rows = session.scalars(select(RunRow).where(_passes(wanted), is_newest).order_by(RunRow.id))
            newest = {row.family: record_or_warn(row) for row in rows}
        return [
            Family(key, run, count, _spread(*sums[:3]), _spread(*sums[3:]))
            for key, _, count, *sums in found
            if (run := newest.get(key)) is not None
        ]

    def count_families(self, wanted: RunFilter | None = None) -> int:
        """How many configurations the runs that pass a filter have."""
        families = select(func.count(RunRow.family.distinct())).where(_passes(wanted))
        with self._database.reading() as session:
            return session.scalar(families) or 0

    def epochs_of(self, run_ids: Sequence[str]) -> dict[str, list[EpochMetrics]]:
        """What each finished epoch of several runs measured, in order, by run id; empty for a run without any."""
        query = select(EpochRow).where(EpochRow.run_id.in_(run_ids)).order_by(EpochRow.run_id, EpochRow.epoch)
        found: dict[str, list[EpochMetrics]] = {run_id: [] for run_id in run_ids}
        with self._database.reading() as session:
            for row in session.scalars(query):
                found[row.run_id].append(metrics_from_row(row))
        return found

    def small_curves(self, run_ids: Sequence[str]) -> Mapping[str, list[float]]:
        """The evaluated accuracy by epoch of several runs, in 0..1, at most 40 points each, the last one among them."""
        query = select(EpochRow.run_id, EpochRow.eval_accuracy).where(EpochRow.run_id.in_(run_ids))
        whole: defaultdict[str, list[float]] = defaultdict(list)
        with self._database.reading() as session:
            for run_id, accuracy in session.execute(query.order_by(EpochRow.run_id, EpochRow.epoch)):
                whole[run_id].append(accuracy)
        return {run_id: values[:: -math.ceil(len(values) / CURVE_POINTS)][::-1] for run_id, values in whole.items()}

    def known_tags(self) -> list[str]:
        """Every tag of the runs that are there, in alphabetical order."""
        told = select(RunRow.tags_json).where(RunRow.tags_json != "[]", RunRow.deleted_at.is_(None)).distinct()
        with self._database.reading() as session:
            return sorted({tag for tags in session.scalars(told) for tag in json.loads(tags)})


def _passes(wanted: RunFilter | None) -> ColumnElement[bool]:
    wanted = wanted or RunFilter()
    conditions: list[ColumnElement[bool]] = [
        RunRow.deleted_at.is_not(None) if wanted.deleted else RunRow.deleted_at.is_(None)
    ]
    if wanted.text.strip():
        columns = (RunRow.name, RunRow.note, RunRow.tags_json, RunRow.id)
        conditions.append(or_(*(column.icontains(wanted.text.strip(), autoescape=True) for column in columns)))
    for column, allowed in (
        (RunRow.state, wanted.states),
        (RunRow.dataset, wanted.datasets),
        (RunRow.protocol, wanted.protocols),
        (RunRow.origin, wanted.origins),
    ):
        if allowed:
            conditions.append(column.in_(allowed))
    if wanted.tags:
        # Between its quotation marks a tag as JSON is part of no other one.
        conditions.append(or_(*(RunRow.tags_json.contains(as_json(tag), autoescape=True) for tag in wanted.tags)))
    if wanted.family:
        conditions.append(RunRow.family == wanted.family)
    if wanted.ids:
        conditions.append(RunRow.id.in_(wanted.ids))
    return and_(*conditions)


def _sorted_by(order: RunOrder) -> list[Any]:
    newest = (RunRow.created_at.desc(), RunRow.id.desc())
    league = (RunRow.dataset, RunRow.protocol, RunRow.train_images.desc())
    keys: dict[str, tuple[Any, ...]] = {
        RunOrder.NEWEST: (),
        RunOrder.NAME: (func.lower(RunRow.name),),
        RunOrder.BEST_ACCURACY: (*league, RunRow.best_accuracy.desc().nulls_last()),
        RunOrder.TEST_ACCURACY: (*league, RunRow.test_accuracy.desc().nulls_last()),
        RunOrder.NUM_PARAMS: (RunRow.num_params,),
        RunOrder.TIME: (RunRow.spent_seconds.desc(),),
        RunOrder.SIZE: (RunRow.size_bytes.desc().nulls_last(),),
    }
    return [*keys[order], *newest]


def _sums(accuracy: Any) -> tuple[Any, ...]:
    of_completed = case((RunRow.state == RunState.COMPLETED, accuracy))
    return func.count(of_completed), func.sum(of_completed), func.sum(of_completed * of_completed)


def _spread(count: int, total: float | None, squares: float | None) -> Spread | None:
    if not count or total is None or squares is None:
        return None
    mean = total / count
    variance = max(squares - count * mean**2, 0.0) / (count - 1) if count > 1 else None
    return Spread(count, mean, None if variance is None else math.sqrt(variance))
