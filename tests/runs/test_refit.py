"""A configuration trained anew on all images."""

from __future__ import annotations

from typing import Any

import pytest

from cifar_core.data import find_augmentation
from cifar_core.errors import SpecError
from cifar_core.runs import RunConfig, RunState, RunStore
from cifar_core.runs.experiment import RunListener
from cifar_core.runs.refit import is_chosen_by, refit_config
from tests.runs.executing import by_hand_accuracy, executed, files_of
from tests.tiny import tiny_config


def test_a_refit_trains_on_all_images_chooses_nothing_and_reads_the_test_set_once(store: RunStore) -> None:
    chosen = executed(store, tiny_config(epochs=3, limit_train=None))
    run = executed(store, refit_config(chosen))
    epochs, files = store.epochs(run.id), files_of(store, run)
    assert (run.state, run.name, run.epochs_done) == (RunState.COMPLETED, "tiny refit", 3)
    assert (chosen.train_images, run.train_images) == (1_350, 1_500)
    assert (run.best_epoch, run.best_accuracy, run.chosen_epoch) == (None, None, 3)
    assert {(metrics.split, metrics.eval_count) for metrics in epochs} == {("train", 1_500)}
    last = files.checkpoint("last")
    assert run.test_accuracy == by_hand_accuracy(run.config, last, "test")
    assert run.clean_train_accuracy == pytest.approx(by_hand_accuracy(run.config, last, "train"))
    assert not files.checkpoint("best").exists()
    assert files.load_predictions("validation") is None
    predictions = files.load_predictions("test")
    assert predictions is not None
    assert predictions.epoch == 3
    watched = store.watched(run.id)
    assert watched is not None
    assert watched.split == "train"
    assert "Test set" not in (files.folder / "train.log").read_text()
    assert "Training set, clean: Average loss" in (files.folder / "train.log").read_text()


def test_only_a_completed_run_that_held_images_out_is_refitted(store: RunStore) -> None:
    for config in (tiny_config(epochs=1, protocol="seed"), tiny_config(epochs=1, protocol="refit")):
        with pytest.raises(SpecError, match=r'only a completed run of protocol "validation"'):
            refit_config(executed(store, config))
    stopped = executed(store, tiny_config(), RunListener(should_stop=lambda: True))
    with pytest.raises(SpecError, match="is interrupted"):
        refit_config(stopped)
    deleted = executed(store, tiny_config(epochs=1))
    store.delete([deleted.id])
    with pytest.raises(SpecError, match="was deleted: restore it to refit it"):
        refit_config(store.get(deleted.id))


@pytest.mark.parametrize(
    ("changes", "is_its_refit"),
    [
        ({"name": "another"}, True),
        ({"training": {"seed": 7, "recipe": "mine", "precision": "bfloat16"}}, True),
        ({"training": {"epochs": 7}}, False),
        ({"augmentation": {"name": "mine"}}, True),
        ({"augmentation": {"transforms": []}}, False),
    ],
)
def test_a_refit_keeps_what_the_run_chose_whatever_it_is_called(
    changes: dict[str, Any], is_its_refit: bool, store: RunStore
) -> None:
    augmented = tiny_config(epochs=1).changed(augmentation=find_augmentation("assignment").spec.model_dump())
    run = executed(store, augmented)
    data = refit_config(run).model_dump()
    for part, change in changes.items():
        data[part] = {**data[part], **change} if isinstance(change, dict) else change
    assert is_chosen_by(run, RunConfig.parse_typed(data)) is is_its_refit
