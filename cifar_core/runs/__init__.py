"""Runs: what they are made of, the store that remembers them, and what executes them.

The names here need no torch; `experiment`, `evaluation` and `run_data` do and are imported from their modules.
"""

from cifar_core.runs.catalogue import Family, RunFilter, RunOrder, Spread
from cifar_core.runs.config import RunConfig, preset_config
from cifar_core.runs.jobs import TrainingJobs, training_jobs
from cifar_core.runs.records import League, Run, RunOrigin, RunProgress, RunState
from cifar_core.runs.run_files import Predictions, RunFiles
from cifar_core.runs.saved import NameTakenError, Saved, SavedSpecs
from cifar_core.runs.store import RunStore

__all__ = [
    "Family",
    "League",
    "NameTakenError",
    "Predictions",
    "Run",
    "RunConfig",
    "RunFiles",
    "RunFilter",
    "RunOrder",
    "RunOrigin",
    "RunProgress",
    "RunState",
    "RunStore",
    "Saved",
    "SavedSpecs",
    "Spread",
    "TrainingJobs",
    "preset_config",
    "training_jobs",
]
