from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cifar_core.architecture import find_preset
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import HorizontalFlip
from cifar_core.errors import SpecError, StoreError
from cifar_core.runs import NameTakenError, RunStore
from cifar_core.runs.saved import as_preset
from tests.runs.tampering import change
from tests.tiny import PROJECT, tiny_architecture
from tests.together import let_go

TINY = tiny_architecture()
WIDE = tiny_architecture(width=16)
FLIP = AugmentationSpec(transforms=(HorizontalFlip(p=0.25),))

CHILD = """
import sys
from pathlib import Path
from cifar_core.runs import NameTakenError, RunStore
from tests.tiny import tiny_architecture
store = RunStore(folder=Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
try:
    store.architectures.save("mine", tiny_architecture(width=int(sys.argv[2])))
    print("saved")
except NameTakenError as error:
    print(error)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    store = RunStore(folder=tmp_path / "runs")
    yield store
    store.close()


def names(store: RunStore) -> list[str]:
    return [saved.name for saved in store.architectures.read()[0]]


def test_what_was_saved_comes_back_with_its_name_in_it(store: RunStore) -> None:
    saved = store.architectures.save("mine", TINY, preset="dilated")
    assert saved.spec == TINY.changed(name="mine")
    with closing(RunStore(folder=store.folder)) as other:
        assert other.architectures.read() == ([saved], [])
        assert other.architectures.get("mine") == saved


def test_the_two_kinds_do_not_see_each_other(store: RunStore) -> None:
    store.architectures.save("mine", TINY)
    assert store.augmentations.get("mine") is None
    store.augmentations.save("mine", FLIP)
    found = store.augmentations.get("mine")
    assert found is not None
    assert found.spec.transforms == FLIP.transforms
    store.architectures.delete("mine")
    assert store.augmentations.get("mine") == found


@pytest.mark.parametrize("again", ["mine", "MINE", "  Mine ", "\uff4dine"])
def test_a_name_is_taken_whatever_its_case(store: RunStore, again: str) -> None:
    store.architectures.save("mine", TINY)
    with pytest.raises(
        NameTakenError, match=r"^There is a saved architecture 'mine' already: choose another name, or "
    ):
        store.architectures.save(again, WIDE)
    (saved,), _ = store.architectures.read()
    assert saved.spec == TINY.changed(name="mine")


def test_on_request_it_is_replaced_with_its_name_as_it_is_written_now(store: RunStore) -> None:
    store.architectures.save("mine", TINY, preset="dilated")
    replaced = store.architectures.save("Mine", WIDE, preset="seed-model-3", replace=True)
    assert store.architectures.read() == ([replaced], [])
    assert (replaced.name, replaced.spec.name, replaced.preset) == ("Mine", "Mine", "seed-model-3")


@pytest.mark.parametrize(
    "name", ["x", "x" * 80, "GROẞ", "网络", "ΐ" * 80, "a~b%20/../c?&#", "👩‍💻", "'; DROP TABLE run; --", "[a](b)"]
)
def test_a_name_may_hold_what_people_write(store: RunStore, name: str) -> None:
    store.architectures.save(name, TINY)
    assert names(store) == [name]
    found = store.architectures.get(name.swapcase().swapcase())
    assert found is not None
    assert found.spec.name == name


def test_white_space_around_a_name_is_dropped(store: RunStore) -> None:
    assert store.architectures.save(" \t two\n words ", TINY).name == "two words"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "The name has 0 characters: it must have 1 to 80."),
        (" \n ", "The name has 0 characters: it must have 1 to 80."),
        ("x" * 81, "The name has 81 characters: it must have 1 to 80."),
        ("a\0b", r"The name 'a\x00b' has signs that cannot be shown: write it with others."),
        ("a\ud800", r"The name 'a\ud800' has signs that cannot be shown: write it with others."),
        ("\u200b", r"The name '\u200b' has signs that cannot be shown: write it with others."),
        ("dilated", "'dilated' is the name of a preset: choose another one."),
        ("Seed-Model-3", "'Seed-Model-3' is the name of a preset: choose another one."),
        ("seed, model 3", "'seed, model 3' is the name of a preset: choose another one."),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_a_sentence(store: RunStore, name: str, sentence: str) -> None:
    with pytest.raises(SpecError) as refused:
        store.architectures.save(name, TINY)
    assert str(refused.value) == sentence
    assert store.architectures.read() == ([], [])


def test_each_kind_keeps_the_names_of_its_own_presets(store: RunStore) -> None:
    assert store.architectures.save("assignment", TINY).name == "assignment"
    with pytest.raises(SpecError, match="is the name of a preset"):
        store.augmentations.save("Assignment", FLIP)


def test_they_are_listed_by_name(store: RunStore) -> None:
    for name in ("b", "C", "a"):
        store.architectures.save(name, TINY)
    assert names(store) == ["a", "b", "C"]


def test_what_was_deleted_can_be_saved_again(store: RunStore) -> None:
    saved = store.architectures.save("mine", TINY, preset="dilated")
    assert store.architectures.delete("MINE") == saved
    assert names(store) == []
    assert store.architectures.delete("mine") is None
    again = store.architectures.save(saved.name, saved.spec, saved.preset)
    assert (again.name, again.spec, again.preset) == (saved.name, saved.spec, saved.preset)


@pytest.mark.parametrize("damage", ["{", '{"schema_version": 99}', "", '{"name": "x", "head": []}'])
def test_what_cannot_be_read_hides_no_other_and_is_told(store: RunStore, damage: str) -> None:
    good, _ = store.architectures.save("good", TINY), store.architectures.save("bad", TINY)
    change(store, "UPDATE saved_spec SET spec_json = ? WHERE name = 'bad'", damage)
    readable, (unreadable,) = store.architectures.read()
    assert readable == [good]
    assert unreadable.name == "bad"
    assert unreadable.problem.startswith("The saved architecture 'bad' cannot be read: delete it, or save another one ")
    with pytest.raises(StoreError, match="'bad' cannot be read"):
        store.architectures.get("bad")
    with pytest.raises(NameTakenError):
        store.architectures.save("bad", TINY)
    assert store.architectures.save("bad", WIDE, replace=True).spec == WIDE.changed(name="bad")
    change(store, "UPDATE saved_spec SET spec_json = ? WHERE name = 'bad'", damage)
    assert store.architectures.delete("bad") is None
    assert store.architectures.read() == ([good], [])


def test_of_two_processes_that_save_one_name_at_once_one_wins(store: RunStore) -> None:
    command = [sys.executable, "-c", CHILD, str(store.folder)]
    children = [
        subprocess.Popen([*command, width], cwd=PROJECT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for width in ("4", "8")
    ]
    let_go(children)
    said = [child.communicate(timeout=60)[0].strip() for child in children]
    winner = said.index("saved")
    assert said[1 - winner].startswith("There is a saved architecture 'mine' already: ")
    (saved,), _ = store.architectures.read()
    assert saved.spec == tiny_architecture(width=(4, 8)[winner]).changed(name="mine")


def test_a_saved_network_brings_the_augmentation_and_recipe_of_its_preset(store: RunStore) -> None:
    origin = find_preset("seed-model-1")
    start = as_preset(store.architectures.save("mine", TINY, preset=origin.name))
    assert (start.name, start.augmentation, start.recipe) == ("mine", origin.augmentation, origin.recipe)
    assert "made from Seed, Model 1" in start.teaches


@pytest.mark.parametrize("preset", [None, "one of a later version"])
def test_without_a_known_preset_it_brings_what_a_file_would(store: RunStore, preset: str | None) -> None:
    start = as_preset(store.architectures.save("mine", TINY, preset=preset))
    assert start.spec.name == "mine"
    assert find_augmentation(start.augmentation).name == "assignment"
    assert start.recipe == "quick"
