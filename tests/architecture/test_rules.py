from __future__ import annotations

import pytest

from cifar_core.architecture import ArchitectureSpec, RuleLimits, RuleResult, all_required_pass, find_preset, judge
from cifar_core.architecture.nodes import Conv, Flatten, HeadNode, Linear, Pool
from cifar_core.errors import SpecError

TO_CLASSES = Conv(out_channels=10, kernel_size=1)
HEAD: tuple[HeadNode, ...] = (TO_CLASSES, Pool())
RULES = (
    "params",
    "receptive_field",
    "blocks",
    "down_sampling",
    "no_max_pooling",
    "depthwise_separable",
    "dilated",
    "global_average_pooling",
    "fc_after_gap",
    "dilation_bonus",
)


def conv(block: str, channels: int = 8, dilation: int = 1, stride: int = 1, kernel_size: int = 3) -> Conv:
    padding = dilation * (kernel_size - 1) // 2
    return Conv(
        block=block, out_channels=channels, dilation=dilation, stride=stride, padding=padding, kernel_size=kernel_size
    )


def blocks(count: int, last_stride: int = 2) -> tuple[Conv, ...]:
    """Blocks of two convolutions, the second of them strided but in the last block."""
    nodes: list[Conv] = []
    for number in range(1, count + 1):
        nodes += [conv(f"C{number}"), conv(f"C{number}", stride=last_stride if number < count else 1)]
    return tuple(nodes)


def rule(name: str, nodes: tuple[Conv, ...], head: tuple[HeadNode, ...] = HEAD) -> RuleResult:
    return {result.name: result for result in judge(ArchitectureSpec(nodes=nodes, head=head))}[name]


def test_every_rule_is_judged_in_a_fixed_order() -> None:
    results = judge(find_preset("seed-model-3").spec)
    assert tuple(result.name for result in results) == RULES
    assert [result.name for result in results if not result.required] == ["fc_after_gap", "dilation_bonus"]


@pytest.mark.parametrize("name", ["seed-model-1", "seed-model-3", "dilated"])
def test_every_detail_is_one_sentence(name: str) -> None:
    for result in judge(find_preset(name).spec):
        assert result.title
        assert result.detail.endswith(".")
        assert "\n" not in result.detail


def test_too_many_parameters_fail_by_their_excess() -> None:
    judged = rule("params", (conv("C1", 300), conv("C1", 75)))
    count = 300 * 27 + 300 * 75 * 9 + 750
    assert (judged.passed, judged.value, judged.limit) == (False, count, "< 200,000")
    assert judged.detail == f"{count - 199_999:,} parameters too many."


def test_the_limit_itself_is_one_parameter_too_many() -> None:
    spec = find_preset("seed-model-3").spec
    at_limit = judge(spec, RuleLimits(params_below=97_264))[0]
    below = judge(spec, RuleLimits(params_below=97_265))[0]
    assert (at_limit.passed, at_limit.detail) == (False, "1 parameters too many.")
    assert (below.passed, below.detail) == (True, "0 parameters to spare.")


def test_a_receptive_field_of_44_is_one_pixel_too_small() -> None:
    judged = rule("receptive_field", (conv("C1", dilation=21), conv("C1", kernel_size=2)))
    assert (judged.passed, judged.value, judged.limit) == (False, 44, "> 44")
    assert judged.detail == "Before pooling: 1 pixels too small."
    assert rule("receptive_field", (conv("C1", dilation=22),)).passed


def test_three_blocks_are_one_too_few() -> None:
    judged = rule("blocks", blocks(3))
    assert (judged.passed, judged.value, judged.limit) == (False, 3, 4)
    assert judged.detail == "Blocks found: C1, C2, C3."
    assert rule("blocks", blocks(4)).passed
    assert not rule("blocks", blocks(5)).passed


def test_a_label_that_comes_back_begins_another_block() -> None:
    nodes = (conv("C1"), conv("C2"), conv("C3"), conv(""))
    judged = rule("blocks", nodes)
    assert (judged.passed, judged.value) == (True, 4)
    assert judged.detail == "Blocks found: C1, C2, C3, (no label)."


def test_network_without_a_body_has_no_blocks() -> None:
    assert rule("blocks", ()).detail == "Blocks found: none."
    assert not rule("down_sampling", ()).passed
    assert not rule("dilation_bonus", ()).passed


def test_blocks_that_do_not_end_in_a_stride_are_named() -> None:
    nodes = (conv("C1", stride=2), conv("C2", stride=2), conv("C2"), conv("C3"), conv("C4", stride=2))
    judged = rule("down_sampling", nodes)
    assert (judged.passed, judged.value, judged.limit) == (False, 1, "3 of 3, or the bonus")
    assert judged.detail == "These blocks do not end in a stride-2 convolution: C2, C3."


def test_stride_2_at_the_end_of_every_block_but_the_last_passes() -> None:
    judged = rule("down_sampling", blocks(4))
    assert (judged.passed, judged.value) == (True, 3)


def test_a_stride_of_3_is_not_a_stride_of_2() -> None:
    assert not rule("down_sampling", blocks(2, last_stride=3)).passed


def test_one_block_alone_has_no_transition_and_says_so() -> None:
    judged = rule("down_sampling", (conv("C1", stride=2),))
    assert not judged.passed
    assert judged.detail.startswith("There are no two blocks: ")
    bonus = rule("dilation_bonus", (conv("C1", dilation=2),))
    assert not bonus.passed
    assert bonus.detail.startswith("There are no two blocks: ")


def test_max_pooling_fails() -> None:
    judged = rule("no_max_pooling", (conv("C1"),), (TO_CLASSES, Pool(kind="adaptive_max")))
    assert (judged.passed, judged.value, judged.limit) == (False, 1, 0)
    assert judged.detail == "The head pools by maximum: use adaptive_avg."


def test_depthwise_without_a_1x1_behind_it_is_not_separable() -> None:
    depthwise = Conv(block="C1", groups="depthwise", padding=1)
    alone = rule("depthwise_separable", (conv("C1"), depthwise, conv("C1"), TO_CLASSES))
    assert (alone.passed, alone.value) == (False, 0)
    pair = rule("depthwise_separable", (conv("C1"), Conv(block="C1", groups="depthwise"), TO_CLASSES))
    assert (pair.passed, pair.value, pair.detail) == (True, 1, "Depthwise then 1x1 at C1.2.")


def test_grouped_convolution_is_not_depthwise() -> None:
    assert not rule("depthwise_separable", (conv("C1"), Conv(out_channels=8, groups=4), TO_CLASSES)).passed


def test_dilation_of_a_1x1_does_nothing_and_does_not_count() -> None:
    judged = rule("dilated", (conv("C1", kernel_size=1, dilation=4),))
    assert (judged.passed, judged.value) == (False, 0)
    found = rule("dilated", (conv("C1"), conv("C1", dilation=2)))
    assert (found.passed, found.value, found.detail) == (True, 1, "Dilated: C1.2.")


def test_head_without_average_pooling_fails() -> None:
    judged = rule("global_average_pooling", (conv("C1"),), (Flatten(), Linear(out_features=10)))
    assert (judged.passed, judged.value) == (False, "none")
    assert judged.detail == "No average pooling covers the whole map."


def test_average_pooling_with_the_whole_map_as_window_is_global() -> None:
    head: tuple[HeadNode, ...] = (Pool(kind="avg", kernel_size=32), TO_CLASSES)
    judged = rule("global_average_pooling", (conv("C1"),), head)
    assert (judged.passed, judged.value) == (True, "32 x 32")


@pytest.mark.parametrize("window", [8, 20])
def test_average_pooling_that_leaves_part_of_the_map_out_is_not_global(window: int) -> None:
    # A window of 20 on 32 cells puts out a single cell, and still never reads the other 12 rows and columns.
    head: tuple[HeadNode, ...] = (Pool(kind="avg", kernel_size=window), Flatten(), Linear(out_features=10))
    assert not rule("global_average_pooling", (conv("C1"),), head).passed


@pytest.mark.parametrize(("head", "count"), [(HEAD, 0), ((Pool(), TO_CLASSES), 1)])
def test_layer_behind_the_pooling_is_optional(head: tuple[HeadNode, ...], count: int) -> None:
    judged = rule("fc_after_gap", (conv("C1"),), head)
    assert (judged.passed, judged.value, judged.required) == (count > 0, count, False)


def test_dilated_transitions_earn_the_bonus_and_replace_strides() -> None:
    nodes = (conv("C1", dilation=2), conv("C2", dilation=4), conv("C3", dilation=8), conv("C4"))
    assert rule("dilation_bonus", nodes).passed
    assert (rule("down_sampling", nodes).passed, rule("down_sampling", nodes).value) == (True, 0)


def test_a_stride_anywhere_before_the_pooling_costs_the_bonus_and_is_named() -> None:
    nodes = (conv("C1", dilation=2), conv("C2", stride=2), conv("C2", dilation=4), conv("C3"))
    judged = rule("dilation_bonus", nodes)
    assert (judged.passed, judged.value, judged.limit) == (False, 2, "2 of 2")
    assert judged.detail == "These have a stride above 1 before the pooling: C2.1."


def test_block_without_a_dilated_end_costs_the_bonus_and_is_named() -> None:
    nodes = (conv("C1", dilation=2), conv("C2", dilation=2), conv("C2"), conv("C3"))
    judged = rule("dilation_bonus", nodes)
    assert (judged.passed, judged.value) == (False, 1)
    assert judged.detail == "These blocks do not end in a dilated convolution: C2."


def test_limits_can_be_set() -> None:
    limits = RuleLimits(blocks=2, receptive_field_above=4, params_below=10_000)
    results = {result.name: result for result in judge(ArchitectureSpec(nodes=blocks(2), head=HEAD), limits)}
    assert results["blocks"].passed
    assert results["receptive_field"].passed
    assert results["params"].limit == "< 10,000"


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(SpecError, match=r"params_below is 0: .*greater than or equal to 1\.$"):
        RuleLimits.parse({"params_below": 0})


def test_only_required_rules_decide() -> None:
    results = judge(find_preset("seed-model-3").spec)
    assert not all(result.passed for result in results)
    assert all_required_pass(results)
    assert not all_required_pass(judge(find_preset("seed-model-1").spec))


def test_depthwise_of_one_cell_separates_nothing() -> None:
    nodes = (conv("C1"), Conv(block="C1", groups="depthwise", kernel_size=1), conv("C1", kernel_size=1))
    assert not rule("depthwise_separable", nodes).passed


def test_layers_behind_the_pooling_earn_nothing() -> None:
    behind = (
        Pool(kind="adaptive_avg"),
        Conv(groups="depthwise", padding=2, dilation=2),
        Conv(out_channels=10, kernel_size=1),
    )
    assert not rule("depthwise_separable", (conv("C1"),), behind).passed
    assert not rule("dilated", (conv("C1"),), behind).passed


def test_pooling_in_windows_before_the_head_s_loses_the_bonus() -> None:
    nodes = (conv("C1", dilation=2), conv("C2"))
    assert rule("dilation_bonus", nodes).passed
    head = (Pool(kind="avg", kernel_size=2), TO_CLASSES, Pool(kind="adaptive_avg"))
    assert not rule("dilation_bonus", nodes, head).passed
