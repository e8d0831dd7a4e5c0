"""The last step of the validation protocol: the network that is published trains on every image."""

from __future__ import annotations

from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.records import Run, RunState

LIMITS_LEFT_OUT = "The run was a quick trial on some of the images; its refit trains and is tested on all."
CHOSEN_BY_NONE = (
    "Refit is for settings that were chosen on validation images. These are taken from no run that did so: "
    "whether they were is yours to know."
)
"""Of a run of that protocol which is set up by hand."""
_MAX_NAME = 80


def can_refit(run: Run) -> bool:
    """Whether a run has held images out to the end, so that its settings may count as chosen."""
    return run.state == RunState.COMPLETED and run.config.training.protocol == "validation"


def has_limits(run: Run) -> bool:
    """Whether a run saw some of the images alone, as a quick trial."""
    return run.config.training.limit_train is not None or run.config.training.limit_test is not None


def is_chosen_by(run: Run, config: RunConfig) -> bool:
    """Whether a refit has the settings that a run chose, whatever its seed, its names and what computes it."""
    if not can_refit(run) or run.deleted_at is not None:
        return False
    return _settings(refit_config(run)) == _settings(config)


def _settings(config: RunConfig) -> dict[str, object]:
    """What the validation images chose: no seed, no name, and nothing that says how it is computed."""
    free = {"seed", "device", "precision", "execution", "recipe"}
    return config.model_dump(
        exclude={"name": True, "architecture": {"name"}, "augmentation": {"name"}, "training": free}
    )


def refit_config(run: Run) -> RunConfig:
    """A run's settings, to be trained with on all images: what was held out trains too, and nothing is chosen.

    The limits of a quick trial are left out: they are no settings that were chosen.

    Raises:
        SpecError: it is not completed, held nothing out, or was deleted.
    """
    if run.deleted_at is not None:
        raise SpecError(f"Run {run.id} was deleted: restore it to refit it.")
    if not can_refit(run):
        protocol = run.config.training.protocol
        raise SpecError(
            f'Run {run.id} is {run.state} and of protocol "{protocol}": only a completed run of protocol "validation" '
            "has chosen settings to refit with."
        )
    training = run.config.training.changed(protocol="refit", validation_images=None, limit_train=None, limit_test=None)
    return run.config.changed(name=f"{run.name[: _MAX_NAME - 6]} refit", training=training.model_dump())
