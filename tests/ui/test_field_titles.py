"""What fields are called on pages."""

from __future__ import annotations

from cifar_core.ui.field_titles import field_by_title, parameter_title
from tests.tiny import tiny_config

FLIP = {"type": "horizontal_flip", "p": 0.5}
BASE = tiny_config().changed(augmentation={"transforms": [FLIP, {"type": "grayscale", "p": 0.5}, FLIP]})


def test_two_transforms_of_one_kind_have_titles_of_their_own() -> None:
    names = [f"augmentation.transforms[{at}].p" for at in range(3)]
    titles = [parameter_title(name, BASE) for name in names]
    assert titles == [
        "Probability of Horizontal flip, no. 1",
        "Probability of Grayscale",
        "Probability of Horizontal flip, no. 2",
    ]
    assert [field_by_title(title.upper(), BASE) for title in titles] == names


def test_a_title_is_that_of_a_field_wherever_it_stands() -> None:
    assert field_by_title("Learning rate", BASE) == "lr"
    assert field_by_title("highest learning rate", BASE) == "optimizer.learning_rate"
    assert field_by_title("Strength in the first epoch", BASE) == "augmentation_first"
    assert field_by_title("nothing of the kind", BASE) is None


def test_a_field_without_a_title_is_called_by_its_path() -> None:
    assert parameter_title("architecture.nodes[0].dilation", BASE) == "architecture.nodes[0].dilation"
    assert parameter_title("training.optimizer.momentum", BASE) == "Momentum"


def test_a_path_of_thousands_of_digits_stands_for_itself() -> None:
    name = f"augmentation.transforms[{'9' * 5_000}].p"
    assert parameter_title(name, BASE) == name
