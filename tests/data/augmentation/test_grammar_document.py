from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from cifar_core.data import AugmentationSpec
from cifar_core.data.augmentation.catalogue import MIXERS, TRANSFORMS
from cifar_core.data.augmentation.transforms import Border
from cifar_core.training import TrainingSpec

TEXT = (Path(__file__).parents[3] / "docs" / "augmentation-grammar.md").read_text(encoding="utf-8")
ROWS = {
    cells[0].strip("` "): [cell.strip() for cell in cells[1:]]
    for cells in (line.split("|")[1:-1] for line in TEXT.splitlines() if re.match(r"\| `[a-z_]+` \|", line))
    if cells[0] != " `type` "
}


def test_the_example_is_an_augmentation_that_reads_back() -> None:
    (block,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    spec = AugmentationSpec.parse(block)
    assert AugmentationSpec.parse(spec.to_json()) == spec
    assert len(spec.transforms) == 3
    assert spec.batch


def test_every_transform_and_mixer_has_its_row() -> None:
    assert set(ROWS) == {*TRANSFORMS, *MIXERS}


@pytest.mark.parametrize("type", TRANSFORMS)
def test_a_row_tells_the_name_in_albumentations_every_field_and_its_default(type: str) -> None:
    transform, (albumentations, fields, probability) = TRANSFORMS[type].make(), ROWS[type]
    assert albumentations == TRANSFORMS[type].albumentations
    assert probability == f"{transform.p:g}"
    told = set(re.findall(r"`([a-z_]+)`", fields))
    assert told == set(type_fields(type)), "and no field that it does not have"
    for field in told - {"fill", "border"}:
        value = getattr(transform, field)
        least = value[0] if isinstance(value, tuple) else value
        assert f"{least:g}" in fields


def type_fields(type: str) -> list[str]:
    return [field for field in TRANSFORMS[type].make().__class__.model_fields if field not in ("type", "p")]


def test_every_border_and_every_engine_is_told() -> None:
    for border in get_args(Border):
        assert f'`"{border}"`' in TEXT
    for engine in get_args(TrainingSpec.model_fields["augmentation_engine"].annotation):
        assert f"- `{engine}`" in TEXT
