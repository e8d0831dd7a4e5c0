"""One clean training loop, and what it needs: specs, recipes, schedule, evaluation, checkpoints.

The names here need no torch; the loop, evaluation and checkpoints are imported from their modules. The room runs with
torch and pydantic alone: it knows nothing of the store, of threads, of pages or of albumentations.
"""

from cifar_core.training.recipes import FIRST_RUN, Recipe, find_recipe, recipe_names
from cifar_core.training.schedule import learning_rate
from cifar_core.training.spec import (
    SEED_RECIPE,
    AdamW,
    ConstantSchedule,
    CosineSchedule,
    OneCycleSchedule,
    Sgd,
    TrainingSpec,
)
from cifar_core.training.steps import num_batches

__all__ = [
    "FIRST_RUN",
    "SEED_RECIPE",
    "AdamW",
    "ConstantSchedule",
    "CosineSchedule",
    "OneCycleSchedule",
    "Recipe",
    "Sgd",
    "TrainingSpec",
    "find_recipe",
    "learning_rate",
    "num_batches",
    "recipe_names",
]
