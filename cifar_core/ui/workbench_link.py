"""The workbench in the URL of every page: a reload loses nothing, and a link shows a colleague what lies there."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

import streamlit as st

from cifar_core.architecture import ArchitecturePreset, ArchitectureSpec, find_preset, preset_names
from cifar_core.data import AugmentationPreset, AugmentationSpec, augmentation_names
from cifar_core.errors import SpecError
from cifar_core.training import TrainingSpec, find_recipe
from cifar_core.ui.address import linked, write
from cifar_core.ui.starts import Starts, architecture_starts, augmentation_starts
from cifar_core.ui.workbench import (
    DEFAULT_PRESET,
    augmentation_preset_on_workbench,
    choose_recipe,
    current_workbench,
    default_recipe,
    has_chosen,
    preset_on_workbench,
    put_augmentation,
    put_training,
    rebase_architecture,
    recipe_on_workbench,
)

MAX_LINKED_BYTES = 200_000
"""Of a spec in a URL, unpacked: a small link must not fill the memory."""
_DAMAGED = "The link to this page is damaged: open the page from the menu, and choose anew."


def keep_in_link() -> None:
    """Writes the workbench into the page's URL, so that a reload and a shared link show what stands there now."""
    for name, value in _parameters().items():
        write(name, value)


def share_link(**more: str) -> str:
    """The address of this page with the workbench in it, and with further parameters.

    What the browser shows is the same but for the first moment of a page that was opened through the menu.
    """
    parts = urlsplit(st.context.url or "http://localhost:8501/")
    parameters = {name: value for name, value in _parameters().items() if value is not None} | more
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(parameters, quote_via=quote), ""))


def _parameters() -> dict[str, str | None]:
    """What the URL says of the workbench; None for what is there without a link."""
    bench, preset, augmentation = current_workbench(), preset_on_workbench(), augmentation_preset_on_workbench()
    is_new = (preset.name, bench.architecture) != (DEFAULT_PRESET, find_preset(DEFAULT_PRESET).spec)
    is_own = augmentation.name != preset.augmentation or "augmentation" in bench.edited
    return {
        "network": architecture_link(preset, bench.architecture) if is_new else None,
        "transforms": augmentation_link(augmentation, bench.augmentation) if is_own else None,
        "recipe": _recipe_link(bench.training, default_recipe(preset)),
    }


def architecture_link(preset: ArchitecturePreset, spec: ArchitectureSpec) -> str:
    """What `?network=` names a network by: its preset, and behind it the whole network where it was edited or saved."""
    return _link(preset.name, spec, spec == preset.spec and preset.name in preset_names())


def augmentation_link(preset: AugmentationPreset, spec: AugmentationSpec) -> str:
    """What `?transforms=` names an augmentation by, as `architecture_link`."""
    return _link(preset.name, spec, spec == preset.spec and preset.name in augmentation_names())


def _link(name: str, spec: ArchitectureSpec | AugmentationSpec, is_everywhere: bool) -> str:
    # What is saved here may be missing, or another one, where the link is opened: it travels along.
    safe_name = name.replace("%", "%25").replace("~", "%7E")
    return safe_name if is_everywhere else f"{safe_name}~{_packed(spec.model_dump_json())}"


def restore_from_link(is_entered: bool) -> list[str]:
    """Takes the workbench from the URL of a page that was reloaded, or come back to by the browser's Back.

    Args:
        is_entered: whether the page was entered just now: the menu's links say nothing of the workbench, so that what
            a URL says then is meant. Later on, what this session has counts.

    Returns:
        A sentence for each part of the link that is damaged, or names what is not saved here.
    """
    problems = []
    now = _parameters()
    for kind, parameter, restore in (
        ("architecture", "network", _restore_architecture),
        ("augmentation", "transforms", _restore_augmentation),
        ("recipe", "recipe", _restore_recipe),
    ):
        link = linked(parameter)
        if link is not None and link != now[parameter] and (is_entered or not has_chosen(kind)):
            name, _, packed = link.partition("~")
            try:
                restore(unquote(name), packed)
            except SpecError as error:
                problems.append(str(error))
    return problems


def _restore_architecture(name: str, packed: str) -> None:
    starts = architecture_starts()
    base = name if name in starts.names or not packed else DEFAULT_PRESET
    rebase_architecture(base, starts.find(base).spec)
    if packed:
        rebase_architecture(base, ArchitectureSpec.parse(_unpacked(packed)))
    _check_saved(name, base, starts)


def _restore_augmentation(name: str, packed: str) -> None:
    starts = augmentation_starts()
    base = name if name in starts.names or not packed else preset_on_workbench().augmentation
    put_augmentation(base, AugmentationSpec.parse(_unpacked(packed)) if packed else starts.find(base).spec)
    _check_saved(name, base, starts)


def _restore_recipe(name: str, packed: str) -> None:
    recipe = find_recipe(name)
    choose_recipe(recipe.name)
    if packed:
        try:
            changes = json.loads(_unpacked(packed))
        except (ValueError, RecursionError):
            changes = None
        if not isinstance(changes, dict):
            raise SpecError(_DAMAGED)
        put_training(recipe.name, TrainingSpec.parse({**recipe.spec.model_dump(), **changes}))


def _recipe_link(training: TrainingSpec, default: str) -> str | None:
    """The recipe's name and what was changed of it; None for the recipe that is there without a link."""
    recipe = recipe_on_workbench()
    named = recipe.spec.model_dump()
    changes = {field: value for field, value in training.model_dump().items() if value != named[field]}
    if changes:
        return f"{recipe.name}~{_packed(json.dumps(changes))}"
    return None if recipe.name == default else recipe.name


def _check_saved(name: str, base: str, starts: Starts[Any]) -> None:
    if base != name:
        raise SpecError(
            f"No {starts.kind} {name!r} is saved here: what the link carries lies on the workbench as a change of "
            f"{starts.title(base)}. Save it to keep it."
        )


def _packed(text: str) -> str:
    return urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def _unpacked(packed: str) -> bytes:
    try:
        inflater = zlib.decompressobj()
        unpacked = inflater.decompress(urlsafe_b64decode(packed), MAX_LINKED_BYTES)
    except (ValueError, zlib.error):
        inflater, unpacked = None, b""
    if inflater is None or not inflater.eof:
        raise SpecError(_DAMAGED)
    return unpacked
