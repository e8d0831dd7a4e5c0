"""A training that is stopped keeps its last whole epoch."""

from __future__ import annotations

import pytest

from cifar_core.training.loop import train
from tests.tiny import Recorder, flip_some, tiny_network, tiny_training, unchanged
from tests.training.looping import CPU, DATA, same, trained


def test_a_stop_within_an_epoch_keeps_the_last_whole_one() -> None:
    whole = Recorder()
    trained(tiny_training(epochs=3), observer=whole)
    # Five questions an epoch: four batches and one part of the evaluation.
    seen, network = Recorder(stop_at=5 + 3), tiny_network(0)
    assert train(network, DATA, tiny_training(epochs=3), CPU, flip_some, seen) == "stopped"
    assert [metrics.epoch for metrics in seen.metrics] == [1]
    assert same(seen.weights[0], whole.weights[0])
    assert not same(dict(network.state_dict()), whole.weights[0])


@pytest.mark.parametrize("question", [1, 4, 5])
def test_a_stop_before_the_first_epoch_is_whole_reports_none(question: int) -> None:
    seen = Recorder(stop_at=question)
    assert train(tiny_network(), DATA, tiny_training(), CPU, unchanged, seen) == "stopped"
    assert seen.metrics == []
    assert seen.questions == question
