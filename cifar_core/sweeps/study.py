"""Optuna's side of a sweep: what to try next, and whether a trial is worth its remaining epochs."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from cifar_core.errors import LabError, StoreError, foreign_sentence
from cifar_core.files import make_folder
from cifar_core.sweeps.optuna_terms import choices, distribution, pruner, sampler, storage, stored_value
from cifar_core.sweeps.spec import SweepSpec
from cifar_core.sweeps.study_trial import StudyTrial, TrialState
from cifar_core.training.seeds import derive_seed

if TYPE_CHECKING:
    import optuna

P = ParamSpec("P")
T = TypeVar("T")
FILE = "sweeps.db"
"""Optuna's own SQLite file, in the run folder."""
JOURNAL = "study.journal"
"""Optuna's file of a sweep on a cluster, in the folder that its machines share."""
TREES, DEPTH = 16, 6
"""Of the forest behind the importances: with more they take seconds, and tell the same."""
_ILLEGAL, _REPEATS, _PRUNED, _TRIES = "illegal", "repeats", "pruned", "tries"


def _in_a_sentence(method: Callable[P, T]) -> Callable[P, T]:
    """What breaks in Optuna, or in the file behind it, is a StoreError."""

    @wraps(method)
    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except LabError:
            raise
        except Exception as error:  # SQLAlchemy's, sqlite3's, Optuna's own
            raise StoreError(f"The sweep's trials cannot be read or kept: {foreign_sentence(error)}") from None

    return told


class NoStudyError(StoreError):
    """The file does not know the sweep: nothing was tried yet, or the file is another one."""


class Study:
    """One sweep's trials. What is told lies in a file at once, so that another process can go on."""

    def __init__(self, path: Path, sweep_id: str, spec: SweepSpec, make: bool = True) -> None:
        """Opens the study of a sweep.

        Args:
            path: an SQLite file for the sweeps of one machine; any other name makes a journal, for a folder that
                several machines share, where SQLite's locks are not to be trusted.
            sweep_id: of the sweep.
            spec: what it searches.
            make: whether to make one that is not there.

        Raises:
            StoreError: the file cannot be opened, or there is no such study.
        """
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self._spec = spec
        if not make and not path.exists():  # to open it would make it
            raise NoStudyError(f"There is no {path}.")
        try:
            make_folder(path.parent)
            if make:
                self._study = optuna.create_study(
                    storage=storage(path),
                    study_name=sweep_id,
                    directions=["maximize" if objective == "accuracy" else "minimize" for objective in spec.objectives],
                    load_if_exists=True,
                )
            else:
                self._study = optuna.load_study(storage=storage(path), study_name=sweep_id)
        except KeyError:  # optuna's word for it
            raise NoStudyError(f"{path} knows nothing of sweep {sweep_id}.") from None
        except LabError:
            raise
        except Exception as error:  # SQLAlchemy's, sqlite3's, Optuna's own
            raise StoreError(f"The sweep's file {path} cannot be opened: {foreign_sentence(error)}") from None

    @_in_a_sentence
    def trials(self) -> list[StudyTrial]:
        """All that were asked for, in order."""
        import optuna

        asked = self._study.get_trials(deepcopy=False)
        return [self._told(trial) for trial in asked if trial.state != optuna.trial.TrialState.WAITING]

    @_in_a_sentence
    def ask(self) -> StudyTrial | None:
        """The next one to try; None where the grid is used up."""
        # A sampler of its own for each: a process that goes on with a sweep must not draw what was drawn before.
        number = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = sampler(
            self._spec.sampler, derive_seed(self._spec.seed, "sweep", number), len(self._spec.parameters)
        )
        if self._spec.sampler == "grid":
            left = self._left_of_grid()
            if left is None:
                return None
            if not self._has_waiting():  # else the program ended right behind the next line
                self._study.enqueue_trial(left)
        trial = self._study.ask({parameter.name: distribution(parameter) for parameter in self._spec.parameters})
        return self._told(trial.storage.get_trial(trial._trial_id))

    @_in_a_sentence
    def next_of_grid(self) -> dict[str, object] | None:
        """The values that `ask` would give next; None where that is not known: of no grid, or one that is used up."""
        left = None if self._spec.sampler != "grid" or self._has_waiting() else self._left_of_grid()
        if left is None:
            return None
        return {part.name: stored_value(part, left[part.name]) for part in self._spec.parameters}

    @_in_a_sentence
    def reject_next_of_grid(self, why: str) -> int:
        """Passes over what `next_of_grid` gave, in one step where asking takes several; its number."""
        import optuna

        left = self._left_of_grid()
        assert left is not None
        known = {part.name: distribution(part) for part in self._spec.parameters}
        state = optuna.trial.TrialState.FAIL
        self._study.add_trial(
            optuna.trial.create_trial(state=state, params=left, distributions=known, user_attrs={_ILLEGAL: why})
        )
        return len(self._study.get_trials(deepcopy=False)) - 1

    def _has_waiting(self) -> bool:
        import optuna

        return bool(self._study.get_trials(deepcopy=False, states=[optuna.trial.TrialState.WAITING]))

    def _left_of_grid(self) -> dict[str, str] | None:
        """A combination that was not tried yet, the last parameter changing fastest; None where all were."""
        names = [parameter.name for parameter in self._spec.parameters]
        tried = {tuple(map(trial.params.get, names)) for trial in self._study.get_trials(deepcopy=False)}
        left = next((values for values in product(*map(choices, self._spec.parameters)) if values not in tried), None)
        return None if left is None else dict(zip(names, left, strict=True))

    @_in_a_sentence
    def report(self, number: int, accuracies: Sequence[float]) -> bool:
        """Tells the accuracy after each epoch so far, from the first; whether the trial is to end now."""
        if len(self._spec.objectives) > 1 or self._spec.pruner == "none":
            return False
        self._study.pruner = pruner(self._spec.pruner)
        trial = self._live(number)
        known = trial.storage.get_trial(trial._trial_id).intermediate_values
        is_worse = False
        for epoch, accuracy in enumerate(accuracies, start=1):
            if epoch not in known:
                trial.report(accuracy, epoch)
                is_worse = is_worse or trial.should_prune()
        return is_worse

    @_in_a_sentence
    def complete(self, number: int, values: Sequence[float]) -> None:
        """Tells what a trial came to, one value an objective."""
        self._study.tell(number, list(values))

    @_in_a_sentence
    def prune(self, number: int) -> None:
        """Tells that a trial ended early, or badly: the sampler learns to stay away."""
        self._end_badly(number)

    @_in_a_sentence
    def mark_pruned(self, number: int) -> None:
        """Says that a trial is being ended early: whoever goes on with the sweep must know why its run stopped."""
        self._mark(number, _PRUNED, True)

    @_in_a_sentence
    def repeat(self, number: int, earlier: StudyTrial) -> None:
        """Tells that a trial has the values of an earlier one, and so would come to the same."""
        self._mark(number, _REPEATS, f"The same as trial {earlier.number + 1}.")
        if earlier.state == TrialState.COMPLETED:
            self._study.tell(number, self._study.get_trials(deepcopy=False)[earlier.number].values)
        else:
            self._end_badly(number)

    @_in_a_sentence
    def reject(self, number: int, why: str) -> None:
        """Tells that a trial cannot be trained."""
        self._mark(number, _ILLEGAL, why)
        self._end_badly(number)

    @_in_a_sentence
    def fail(self, number: int) -> None:
        """Tells that a trial came to nothing."""
        import optuna

        self._study.tell(number, state=optuna.trial.TrialState.FAIL)

    @_in_a_sentence
    def retry(self, number: int) -> None:
        """Counts that the run of a trial is taken up again."""
        tries = int(self._study.get_trials(deepcopy=False)[number].user_attrs.get(_TRIES, 0))
        self._mark(number, _TRIES, tries + 1)

    @_in_a_sentence
    def importances(self) -> dict[str, float]:
        """The share of the differences in accuracy that each parameter explains, largest first; in 0..1.

        By fANOVA (Hutter and others 2014) over the completed trials; empty while there are too few, or all are alike,
        and of a single parameter, which explains all of them.
        """
        import optuna

        done = [
            trial for trial in self._study.get_trials(deepcopy=False) if self._told(trial).state == TrialState.COMPLETED
        ]
        if len(self._spec.parameters) < 2 or len(done) < 4 or len({trial.values[0] for trial in done}) < 2:
            return {}
        try:
            found = optuna.importance.get_param_importances(
                self._study,
                evaluator=optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, max_depth=DEPTH, seed=0),
                target=lambda t: t.values[0],
            )
        except (RuntimeError, ValueError):  # parameters that never varied among the completed ones
            return {}
        return {name: float(share) for name, share in found.items()}

    def _told(self, trial: optuna.trial.FrozenTrial) -> StudyTrial:
        import optuna

        states = {
            optuna.trial.TrialState.COMPLETE: TrialState.COMPLETED,
            optuna.trial.TrialState.PRUNED: TrialState.PRUNED,
            optuna.trial.TrialState.FAIL: TrialState.FAILED,
        }
        attributes = trial.user_attrs
        illegal, repeats = (str(attributes.get(name, "")) for name in (_ILLEGAL, _REPEATS))
        state = states.get(trial.state, TrialState.RUNNING)
        is_done = state == TrialState.COMPLETED and not repeats
        return StudyTrial(
            number=trial.number,
            accuracy=trial.values[0] if is_done else None,
            state=TrialState.ILLEGAL if illegal else TrialState.REPEATED if repeats else state,
            values={
                part.name: stored_value(part, trial.params[part.name])
                for part in self._spec.parameters
                if part.name in trial.params
            },
            why=illegal or repeats,
            is_pruned=bool(attributes.get(_PRUNED)),
            tries=int(attributes.get(_TRIES, 0)),
        )

    def _live(self, number: int) -> optuna.trial.Trial:
        import optuna

        return optuna.trial.Trial(self._study, self._study.get_trials(deepcopy=False)[number]._trial_id)

    def _mark(self, number: int, name: str, value: object) -> None:
        self._live(number).set_user_attr(name, value)

    def _end_badly(self, number: int) -> None:
        """So that the sampler learns to stay away.

        With two objectives Optuna knows failure alone; and it would take the values of a trial that was not drawn to
        its end for all that vary.
        """
        import optuna

        state = optuna.trial.TrialState
        drawn = self._study.get_trials(deepcopy=False)[number].params
        is_lesson = len(self._spec.objectives) == 1 and len(drawn) == len(self._spec.parameters)
        self._study.tell(number, state=state.PRUNED if is_lesson else state.FAIL)


def require_known(path: Path, trials: Sequence[StudyTrial], with_runs: Collection[int]) -> None:
    """Refuses a file that is not the one which the runs of a sweep came from: gone, emptied, or made anew.

    Args:
        path: of the file.
        trials: that it knows.
        with_runs: numbers of the trials whose runs are stored.

    Raises:
        StoreError: it lacks one of them.
    """
    lacking = set(with_runs) - {trial.number for trial in trials}
    if lacking and not path.exists():
        raise StoreError(
            f"{path} is missing: without it the sweep does not know what it has tried. Its runs stand with all others."
        )
    if lacking:
        raise StoreError(
            f"{path} does not know trial {min(lacking) + 1}, whose run is there: it is not the file that the sweep was "
            "kept in, without which it does not know what it has tried."
        )


@_in_a_sentence
def delete_study(path: Path, sweep_id: str) -> None:
    """Removes what was sampled for a sweep; nothing where nothing was.

    Raises:
        StoreError: the file cannot be changed.
    """
    import optuna

    with contextlib.suppress(KeyError):  # optuna's word for a study that is not there
        optuna.delete_study(study_name=sweep_id, storage=storage(path))
