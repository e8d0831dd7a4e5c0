"""The seed document's experiment: its three models, one after the other, to be trained anew."""

from __future__ import annotations

from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig, preset_config
from cifar_core.training.spec import CosineSchedule

SEED_MODELS = ("seed-model-1", "seed-model-2", "seed-model-3")
"""The presets, in the document's order."""
SEED_EPOCHS = 50
"""Of Model 3; the document tells none of the others."""
MAX_EPOCHS = 200


def seed_experiment(epochs: int = SEED_EPOCHS, dataset: str = "cifar10") -> tuple[RunConfig, ...]:
    """What to launch so that the seed's models are trained as it did: by recipe and protocol "seed".

    Every training image trains, and the test set is read after every epoch. In fewer epochs, or more, the learning
    rate falls and turns back up at the same shares of the run.

    Args:
        epochs: of each model, 1 to `MAX_EPOCHS`.
        dataset: "cifar10", or "digits" for a try.

    Raises:
        SpecError: epochs are out of range, or there is no data set of that name.
    """
    if not 1 <= epochs <= MAX_EPOCHS:
        raise SpecError(f"epochs is {epochs}: it must be 1 to {MAX_EPOCHS}.")
    configs = []
    for name in SEED_MODELS:
        config = preset_config(name, dataset)
        schedule = config.training.schedule
        assert isinstance(schedule, CosineSchedule)
        t_max = schedule.t_max * epochs / SEED_EPOCHS
        training = config.training.changed(
            protocol="seed", epochs=epochs, schedule=schedule.changed(t_max=t_max).model_dump()
        )
        configs.append(config.changed(training=training.model_dump()))
    return tuple(configs)
