"""A training comes to the bits of a plain PyTorch loop, by its seed, and leaves its images alone."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch.nn import functional

from cifar_core.architecture.build import CompactNetwork
from cifar_core.data import find_augmentation
from cifar_core.runs.run_data import load_run_data
from cifar_core.training import TrainingSpec, learning_rate
from cifar_core.training.batches import Augment, Normalize
from cifar_core.training.loop import train
from cifar_core.training.seeds import derive_seed
from tests.tiny import Recorder, flip_some, tiny_config, tiny_network, tiny_training, unchanged
from tests.training.looping import CPU, DATA, same, trained


def by_hand(spec: TrainingSpec, augment: Augment, seed: int = 0, dropout: float = 0.1) -> CompactNetwork:
    """The same training as anybody would write it with PyTorch."""
    network = tiny_network(seed, dropout).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0, momentum=0.9, nesterov=True, weight_decay=5e-4)
    normalize, size = Normalize(DATA.mean, DATA.std, CPU), spec.batch_size
    steps = math.ceil(len(DATA.train) / size)
    network.train()
    for epoch in range(1, spec.epochs + 1):
        generator = torch.Generator().manual_seed(derive_seed(seed, "order", epoch))
        order = torch.randperm(len(DATA.train), generator=generator)
        for step in range(steps):
            chosen = order[step * size : (step + 1) * size]
            images, targets = augment(
                DATA.train.images[chosen],
                DATA.train.targets[chosen],
                derive_seed(seed, "augmentation", epoch, step),
                1.0,
            )
            torch.manual_seed(derive_seed(seed, "step", epoch, step))
            optimizer.param_groups[0]["lr"] = learning_rate(spec, (epoch - 1) + step / steps)
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(normalize(images)), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return network


def test_a_plain_pytorch_loop_comes_to_the_same_bits() -> None:
    spec = tiny_training(epochs=2, batch_size=100)
    assert same(trained(spec).state_dict(), by_hand(spec, flip_some).state_dict())


def test_the_same_seed_gives_the_same_bits_whatever_else_draws_random_numbers() -> None:
    config = tiny_config(augmentation=find_augmentation("assignment").spec)
    augment = load_run_data(config).augment()
    first = trained(config.training, augment)
    torch.manual_seed(12345)

    def disturb() -> None:
        np.random.seed(1)
        torch.manual_seed(4321)
        torch.rand(7)

    second = trained(config.training, augment, Recorder(on_question=disturb))
    assert same(first.state_dict(), second.state_dict())


def test_another_seed_gives_another_network() -> None:
    start = tiny_network(0)
    results = []
    for seed in (0, 1):
        network = copy.deepcopy(start)
        train(network, DATA, tiny_training(epochs=1, seed=seed), CPU, unchanged, Recorder())
        results.append(network.state_dict())
    assert not same(*results)


def test_the_seed_decides_dropout_too() -> None:
    spec = tiny_training(epochs=1, batch_size=256)
    with_dropout, without = tiny_network(0, dropout=0.5), tiny_network(0, dropout=0.0)
    for network in (with_dropout, without):
        train(network, DATA, spec, CPU, unchanged, Recorder())
    assert not same(with_dropout.state_dict(), without.state_dict())


def test_a_network_learns_digits() -> None:
    seen = Recorder()
    trained(tiny_training(epochs=30), observer=seen)
    assert [metrics.epoch for metrics in seen.metrics] == list(range(1, 31))
    assert seen.metrics[-1].train_loss < 0.7 * seen.metrics[0].train_loss
    assert seen.metrics[-1].eval_accuracy > 0.4


def test_a_caller_without_gradients_still_trains() -> None:
    with torch.no_grad():
        network = trained(tiny_training(epochs=1))
    assert not same(dict(network.state_dict()), dict(tiny_network().state_dict()))


def test_the_images_are_left_as_they_were() -> None:
    before = DATA.train.images.clone()
    trained(tiny_training(epochs=1))
    assert torch.equal(DATA.train.images, before)
