"""Runs: what they are made of, the store that remembers them, and what executes them.

The names here need no torch; `experiment`, `evaluation` and `run_data` do and are imported from their modules.
"""

from cifar_core.runs.config import RunConfig, preset_config
from cifar_core.runs.jobs import TrainingJobs, training_jobs
from cifar_core.runs.records import Run, RunProgress, RunState
from cifar_core.runs.run_files import Predictions, RunFiles
from cifar_core.runs.store import RunStore

__all__ = [
    "Predictions",
    "Run",
    "RunConfig",
    "RunFiles",
    "RunProgress",
    "RunState",
    "RunStore",
    "TrainingJobs",
    "preset_config",
    "training_jobs",
]
