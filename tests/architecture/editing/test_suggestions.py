from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cifar_core.architecture import ArchitectureSpec, coverage, find_preset, num_macs, num_params, receptive_field
from cifar_core.architecture.editing.suggestions import suggestions
from cifar_core.architecture.nodes import Branch, Conv, ConvStep, NormStep, Pool
from tests.architecture.branched import networks

HEAD = (Pool(), Conv(out_channels=10, kernel_size=1))


def conv(out_channels: int = 8, **fields: object) -> Conv:
    return Conv.model_validate({"out_channels": out_channels, "padding": 1, **fields})


def sides(spec: ArchitectureSpec) -> list[int]:
    return [layer.n_out for layer in spec.layers if layer.dilation == 1 and not layer.in_head]


@settings(max_examples=40, deadline=None)
@given(spec=networks(), more=st.integers(0, 20))
def test_each_suggestion_does_what_it_says(spec: ArchitectureSpec, more: int) -> None:
    threshold = receptive_field(spec.layers) + more
    found = suggestions(spec, threshold)
    assert len(found) <= 6
    for suggestion in found:
        after = suggestion.spec
        assert receptive_field(after.layers) == suggestion.receptive_field > threshold
        assert coverage(after.layers) == suggestion.coverage
        assert num_params(after.layers) - num_params(spec.layers) == suggestion.extra_params
        assert num_macs(after.layers) - num_macs(spec.layers) == suggestion.extra_macs
        assert [layer.n_out for layer in after.layers][-3:] == [layer.n_out for layer in spec.layers][-3:]
    ranks = [(s.coverage != 1, s.extra_params, s.extra_macs) for s in found]
    assert ranks == sorted(ranks)
    assert receptive_field(spec.layers) <= threshold


@settings(max_examples=40, deadline=None)
@given(spec=networks(), more=st.integers(0, 12))
def test_the_dilation_is_the_smallest_that_suffices(spec: ArchitectureSpec, more: int) -> None:
    threshold = receptive_field(spec.layers) + more
    for suggestion in suggestions(spec, threshold, at_most=100):
        if suggestion.kind != "dilation":
            continue
        changes = [(a, b) for a, b in zip(spec.layers, suggestion.spec.layers, strict=True) if a.dilation != b.dilation]
        ((before, after),) = changes
        assert f"of {before.name} from {before.dilation} to {after.dilation} " in suggestion.sentence
        one_less = find_and_dilate(suggestion.spec, after.name, after.dilation - 1)
        assert receptive_field(one_less.layers) <= threshold


def find_and_dilate(spec: ArchitectureSpec, name: str, dilation: int) -> ArchitectureSpec:
    position = next(number for number, layer in enumerate(spec.layers) if layer.name == name)
    counter = iter(range(len(spec.layers)))

    def renewed(nodes: object) -> list[dict[str, object]]:
        result = []
        for node in nodes:  # type: ignore[attr-defined]
            data = node.model_dump()
            if isinstance(node, Branch):
                data |= {"main": renewed(node.main), "shortcut": renewed(node.shortcut)}
                next(counter)
            elif next(counter) == position:
                data |= {"dilation": dilation, "padding": dilation}
            result.append(data)
        return result

    return spec.changed(nodes=renewed(spec.nodes))


@settings(max_examples=40, deadline=None)
@given(spec=networks(), more=st.integers(0, 20), at_most=st.integers(1, 6))
def test_few_suggestions_are_the_best_of_all(spec: ArchitectureSpec, more: int, at_most: int) -> None:
    threshold = receptive_field(spec.layers) + more
    every, few = suggestions(spec, threshold, at_most=1_000), suggestions(spec, threshold, at_most)
    firsts = [next(s for s in every if s.kind == kind) for kind in dict.fromkeys(s.kind for s in every)]
    others = [s for s in every if s not in firsts][: max(at_most - len(firsts), 0)]
    assert list(few) == [s for s in every if s in firsts or s in others]


def test_a_field_that_is_large_enough_needs_no_edit() -> None:
    spec = find_preset("seed-model-3").spec
    assert suggestions(spec, 68) == ()
    assert suggestions(spec, 69) != ()


def test_the_best_of_each_kind_is_among_few() -> None:
    found = suggestions(find_preset("seed-model-3").spec, 80, at_most=3)
    assert [suggestion.kind for suggestion in found] == ["dilation", "depthwise", "dense"]
    assert found[1].sentence == "Insert a 3x3 depthwise convolution after C3.3"
    assert found[2].sentence == "Insert a 3x3 convolution after C3.3"
    assert found[1].extra_params == 16 * 9 + 2 * 16
    assert found[2].extra_params == 16 * 16 * 9 + 2 * 16


def test_full_coverage_comes_before_cheapness() -> None:
    spec = ArchitectureSpec(nodes=(conv(block="C1"), conv(block="C2")), head=HEAD)
    found = suggestions(spec, 12, at_most=50)
    # A dilation of 5 costs nothing, and leaves holes; an added convolution leaves none.
    assert [(s.kind, s.coverage == 1) for s in found] == [("depthwise", True)] * 2 + [("dense", True)] * 2 + [
        ("dilation", False)
    ] * 2


def test_an_even_kernel_grows_in_steps_that_can_be_padded_alike() -> None:
    spec = ArchitectureSpec(
        nodes=(conv(block="C1", kernel_size=2, padding=0), conv(kernel_size=1, padding=0)), head=HEAD
    )
    (suggestion,) = (s for s in suggestions(spec, 2) if s.kind == "dilation")
    assert suggestion.sentence == "Raise the dilation of C1.1 from 1 to 3 and its padding from 0 to 1"
    assert suggestion.spec.layers[0].n_out == spec.layers[0].n_out


def test_a_path_beside_a_larger_one_is_dilated_beyond_it() -> None:
    wide = Branch(block="C1", main=(conv(kernel_size=9, padding=4),), shortcut=(conv(),))
    spec = ArchitectureSpec(nodes=(wide,), head=HEAD)
    sentences = [s.sentence for s in suggestions(spec, 10, at_most=50)]
    assert "Raise the dilation of C1.1 from 1 to 2 and its padding from 4 to 8" in sentences
    assert "Raise the dilation of C1.2 from 1 to 5 and its padding from 1 to 5" in sentences


def test_padding_that_keeps_the_side_by_itself_is_left() -> None:
    spec = ArchitectureSpec(nodes=(conv(block="C1", padding="same"),), head=HEAD)
    assert "Raise the dilation of C1.1 from 1 to 2" in [s.sentence for s in suggestions(spec, 4)]


def test_taps_beyond_the_map_are_no_way_to_see_more() -> None:
    nodes = (conv(block="C1", kernel_size=31, padding=0), conv(block="C2", kernel_size=1, padding=0))
    spec = ArchitectureSpec(nodes=nodes, head=HEAD)  # a map of 2 x 2 cells
    assert {s.spec.layers[1].dilation for s in suggestions(spec, 31) if s.kind != "dilation"} == {1}


@pytest.mark.parametrize("nodes", [(), (conv(block="C1", kernel_size=1, padding=0),)])
def test_what_no_single_edit_can_do_gives_no_suggestion(nodes: tuple[Conv, ...]) -> None:
    assert suggestions(ArchitectureSpec(nodes=nodes, head=HEAD), 400) == ()


def chain_of_forty() -> ArchitectureSpec:
    steps = (ConvStep(), NormStep())
    return ArchitectureSpec(nodes=tuple(conv(20, steps=steps) for _ in range(40)), head=HEAD)


def pairs_of_paths() -> ArchitectureSpec:
    pair = Branch(main=(conv(16, kernel_size=5, padding=2),), shortcut=(conv(16),))
    return ArchitectureSpec(nodes=(pair,) * 20, head=HEAD)


@pytest.mark.parametrize("spec", [chain_of_forty(), pairs_of_paths()])
def test_forty_convolutions_get_suggestions_too(spec: ArchitectureSpec) -> None:
    for more in (0, 3, 5, 9):
        assert suggestions(spec, receptive_field(spec.layers) + more)


def test_an_edit_beyond_the_grammars_limits_is_not_suggested() -> None:
    nodes = (conv(4096, block="C1", kernel_size=1, padding=0), conv(2700, block="C2"))
    spec = ArchitectureSpec(nodes=nodes, head=HEAD)  # 99.6 million parameters of 100
    assert {suggestion.kind for suggestion in suggestions(spec, 3)} == {"dilation", "depthwise"}
