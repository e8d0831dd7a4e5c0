from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cifar_core.analysis import settings_diff
from cifar_core.analysis.settings_diff import circumstances, deciding, differing_settings, only_change
from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation import (
    CoarseDropout,
    CutMix,
    GaussianBlur,
    HorizontalFlip,
    Mixer,
    MixUp,
    ShiftScaleRotate,
)
from cifar_core.runs import Run, RunConfig, RunStore
from cifar_core.training import AdamW, CosineSchedule, Sgd
from tests.analysis.stored import stored_run
from tests.tiny import tiny_architecture, tiny_config


def told(*runs: Run) -> dict[str, tuple[str, ...]]:
    return {f"{each.part}: {each.setting}": each.values for each in differing_settings(runs)}


def runs_of(store: RunStore, *configs: RunConfig) -> list[Run]:
    return [stored_run(store, config) for config in configs]


def with_nodes(nodes: list[dict[str, Any]]) -> RunConfig:
    architecture = tiny_architecture()
    return tiny_config().changed(architecture={**architecture.model_dump(), "nodes": nodes})


def nodes() -> list[dict[str, Any]]:
    return [node.model_dump() for node in tiny_architecture().nodes]


def test_equal_runs_differ_in_nothing(store: RunStore) -> None:
    assert told(*runs_of(store, tiny_config(), tiny_config(), tiny_config())) == {}


def test_a_single_field_is_a_single_row(store: RunStore) -> None:
    runs = runs_of(store, tiny_config(), tiny_config(label_smoothing=0.1), tiny_config(ema_decay=0.99))
    assert told(*runs) == {
        "training: label smoothing": ("0", "0.1", "0"),
        "training: ema decay": ("none", "none", "0.99"),
    }


def test_an_optimizer_s_rate_is_told_by_its_path(store: RunStore) -> None:
    runs = runs_of(store, tiny_config(), tiny_config(optimizer=Sgd(learning_rate=0.3)))
    assert told(*runs) == {"training: optimizer, learning rate": ("0.2", "0.3")}


def test_other_kinds_of_optimizer_and_schedule_are_one_difference_each(store: RunStore) -> None:
    runs = runs_of(store, tiny_config(), tiny_config(optimizer=AdamW(), schedule=CosineSchedule(t_max=4)))
    found = told(*runs)
    assert list(found) == ["training: optimizer", "training: schedule"]
    assert found["training: schedule"][1] == "cosine (t max 4, floor 0)"


def test_names_and_seeds_are_told_but_decide_nothing(store: RunStore) -> None:
    runs = runs_of(store, tiny_config("one"), tiny_config("other", seed=7, recipe="quick"))
    assert told(*runs) == {
        "training: seed": ("0", "7"),
        "name: run": ("one", "other"),
        "name: recipe": ("custom", "quick"),
    }
    assert deciding(differing_settings(runs)) == []


def test_torch_decides_and_threads_and_other_versions_do_not(store: RunStore) -> None:
    (run,) = runs_of(store, tiny_config())
    environment = {"torch": "2.15.0", "threads": "8", "python": "3.12.1", "cifar_lab": "0.9.0"}
    other = replace(run, environment=environment, device="GPU")
    found = differing_settings([run, other])
    assert {each.setting: each.decides for each in found if each.decides} == {"torch": True}
    assert [each.setting for each in found if not each.decides] == ["device", "threads", "python", "cifar lab"]
    assert circumstances([run, other]) == ["device", "threads", "python", "cifar lab"]


def test_a_tenth_held_out_is_the_same_as_its_number(store: RunStore) -> None:
    left_open, same, less = runs_of(store, *(tiny_config(validation_images=images) for images in (None, 150, 100)))
    assert told(left_open, same) == {}
    assert told(left_open, less) == {"training: validation images": ("150", "100")}


def test_a_tenth_that_is_impossible_stays_as_it_was_written(store: RunStore) -> None:
    runs = runs_of(store, tiny_config(), tiny_config(validation_images=1))
    assert told(*runs) == {"training: validation images": ("150", "1")}


def test_a_block_s_label_is_a_name(store: RunStore) -> None:
    relabelled = nodes()
    relabelled[2]["block"] = "C9"
    runs = runs_of(store, tiny_config(), with_nodes(relabelled))
    assert told(*runs) == {"name: layers": ("C3.1", "C9.1")}
    assert deciding(differing_settings(runs)) == []


def test_a_label_inside_a_branch_is_a_name_too(store: RunStore) -> None:
    conv = {"type": "conv", "block": "C3", "out_channels": 16, "padding": 1}
    runs = runs_of(
        store,
        *(
            with_nodes([*nodes()[:2], {"type": "branch", "block": "C3", "main": [{**conv, "block": label}]}])
            for label in ("C3", "C7")
        ),
    )
    assert {each.part for each in differing_settings(runs)} == {"name"}


def test_labels_hide_no_difference_of_a_third_network(store: RunStore) -> None:
    relabelled, wider = nodes(), nodes()
    relabelled[2]["block"] = "C9"
    wider[2]["out_channels"] = 24
    runs = runs_of(store, tiny_config(), with_nodes(relabelled), with_nodes(wider))
    assert told(*runs) == {"network: C3.1, out channels": ("16", "16", "24")}


def test_the_only_change_is_found_in_whatever_part_it_lies(store: RunStore) -> None:
    wider = nodes()
    wider[2]["out_channels"] = 24
    flip = AugmentationSpec(transforms=(HorizontalFlip(),))
    base, *others = runs_of(
        store, tiny_config(), with_nodes(wider), tiny_config(augmentation=flip), tiny_config(batch_size=32, seed=3)
    )
    others.append(replace(base, environment={**base.environment, "torch": "2.15.0"}))
    for other in others:
        assert [only_change(base, other)] == deciding(differing_settings([base, other]))


def test_of_several_changes_or_none_there_is_no_only_one(store: RunStore) -> None:
    wider = nodes()
    wider[2]["out_channels"] = 24
    both = with_nodes(wider).changed(training=tiny_config(batch_size=32).training.model_dump())
    base, *others = runs_of(
        store,
        tiny_config(),
        both,
        tiny_config(batch_size=32, label_smoothing=0.1),
        tiny_config("other", seed=1),
        tiny_config(dataset="cifar10"),
    )
    assert [only_change(base, other) for other in others] == [None] * 4


def test_networks_are_not_paired_where_something_else_differs(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    wider = nodes()
    wider[2]["out_channels"] = 24
    both = with_nodes(wider).changed(training=tiny_config(batch_size=32).training.model_dump())
    monkeypatch.setattr(settings_diff, "network_settings", None)
    assert only_change(*runs_of(store, tiny_config(), both)) is None


def test_a_transform_that_only_one_has_is_one_difference(store: RunStore) -> None:
    one = AugmentationSpec(transforms=(HorizontalFlip(),))
    both = AugmentationSpec(transforms=(HorizontalFlip(p=0.4), CoarseDropout(height=8)))
    runs = runs_of(store, tiny_config(augmentation=one), tiny_config(augmentation=both))
    assert told(*runs) == {
        "augmentation: horizontal flip, p": ("0.5", "0.4"),
        "augmentation: coarse dropout": ("-", "coarse dropout (holes 1, height 8, width 16, fill mean, p 0.5)"),
    }


def test_a_range_is_told_by_its_ends_and_a_range_of_one_as_its_number(store: RunStore) -> None:
    specs = (
        AugmentationSpec(transforms=(CoarseDropout(height=(8, 16), fill=(1, 2, 3)), GaussianBlur())),
        AugmentationSpec(transforms=(CoarseDropout(fill=(1, 2, 4)), GaussianBlur(sigma=0.5))),
    )
    assert told(*runs_of(store, *(tiny_config(augmentation=spec) for spec in specs))) == {
        "augmentation: coarse dropout, height": ("8 to 16", "16"),
        "augmentation: coarse dropout, fill": ("1, 2, 3", "1, 2, 4"),
        "augmentation: gaussian blur, sigma": ("0.3 to 1", "0.5"),
    }


def test_mixers_are_compared_like_transforms_but_for_their_order(store: RunStore) -> None:
    mixers: tuple[tuple[Mixer, ...], ...] = ((MixUp(), CutMix()), (CutMix(p=0.2), MixUp()), (MixUp(alpha=0.4),))
    runs = runs_of(store, *(tiny_config(augmentation=AugmentationSpec(batch=batch)) for batch in mixers))
    assert told(*runs[:2]) == {"augmentation: cutmix, p": ("0.5", "0.2")}
    assert told(runs[0], runs[2]) == {
        "augmentation: mixup, alpha": ("0.2", "0.4"),
        "augmentation: cutmix": ("cutmix (alpha 1, p 0.5)", "-"),
    }


def test_the_engine_is_a_setting_that_decides(store: RunStore) -> None:
    runs = runs_of(store, tiny_config(), tiny_config(augmentation_engine="batched"))
    assert told(*runs) == {"training: augmentation engine": ("albumentations", "batched")}
    assert deciding(differing_settings(runs))


def test_the_order_of_transforms_is_a_setting(store: RunStore) -> None:
    flip, move = HorizontalFlip(), ShiftScaleRotate()
    specs = (AugmentationSpec(transforms=(flip, move)), AugmentationSpec(transforms=(move, flip)))
    runs = runs_of(store, *(tiny_config(augmentation=spec) for spec in specs))
    assert told(*runs) == {
        "augmentation: order": ("horizontal flip, shift scale rotate", "shift scale rotate, horizontal flip")
    }


def test_a_wider_layer_is_one_difference_though_more_follows_from_it(store: RunStore) -> None:
    wider = nodes()
    wider[2]["out_channels"] = 24
    assert told(*runs_of(store, tiny_config(), with_nodes(wider))) == {"network: C3.1, out channels": ("16", "24")}


def test_widening_before_a_depthwise_layer_does_not_change_that_one(store: RunStore) -> None:
    depthwise = {"type": "conv", "block": "C3", "groups": "depthwise", "padding": 1}
    narrow, wide = [*nodes(), depthwise], [*nodes(), depthwise]
    wide[2] = {**wide[2], "out_channels": 24}
    assert list(told(*runs_of(store, with_nodes(narrow), with_nodes(wide)))) == ["network: C3.1, out channels"]


def test_an_inserted_layer_shifts_no_other(store: RunStore) -> None:
    longer = nodes()
    longer.insert(1, {"type": "conv", "block": "C1", "out_channels": 8, "padding": 1})
    found = told(*runs_of(store, tiny_config(), with_nodes(longer), tiny_config()))
    ((path, values),) = found.items()
    assert path == "network: added layer 1 behind C1.1"
    assert values[0] == values[2] == "-"
    assert values[1].startswith("conv (out channels 8, kernel size 3")


def test_a_left_out_layer_is_a_dash_there(store: RunStore) -> None:
    found = told(*runs_of(store, tiny_config(), with_nodes(nodes()[:2])))
    ((path, values),) = found.items()
    assert path == "network: C3.1"
    assert values[1] == "-"


def test_the_same_layers_joined_in_another_way_are_not_taken_for_equal(store: RunStore) -> None:
    conv = {"type": "conv", "block": "C3", "out_channels": 16, "padding": 1}
    join = {"type": "branch", "block": "C3"}
    inner = [*nodes()[:2], {**conv}, {**join, "main": [{**conv}]}]
    outer = [*nodes()[:2], {**join, "main": [{**conv}, {**conv}]}]
    assert told(*runs_of(store, with_nodes(inner), with_nodes(outer))) == {"network: connections": ("way 1", "way 2")}


def test_numbers_that_differ_never_read_the_same(store: RunStore) -> None:
    runs = runs_of(store, *(tiny_config(schedule=CosineSchedule(t_max=t_max)) for t_max in (50 / 3, 16.6667)))
    (values,) = told(*runs).values()
    assert values[0] != values[1]
