from __future__ import annotations

import pytest

from cifar_core.architecture import find_preset
from cifar_core.architecture.editing.heads import head_choices, head_name


@pytest.mark.parametrize("name", head_choices(10))
def test_every_usual_head_fits_a_network_and_is_known_again(name: str) -> None:
    spec = find_preset("dilated").spec
    with_head = spec.changed(head=head_choices(spec.num_classes)[name].nodes)
    assert head_name(with_head) == name


def test_heads_end_in_the_number_of_classes_asked_for() -> None:
    spec = find_preset("dilated").spec
    for choice in head_choices(7).values():
        assert spec.changed(num_classes=7, head=choice.nodes).num_classes == 7


def test_a_head_of_its_own_has_no_name() -> None:
    assert head_name(find_preset("seed-model-3").spec) is None  # its 1x1 convolution pads
    assert head_name(find_preset("dilated").spec) == "gap-conv"
