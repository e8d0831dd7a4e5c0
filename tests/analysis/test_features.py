from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from cifar_core.analysis.features import Features, nearest, penultimate_features, principal_map
from cifar_core.architecture import ArchitectureSpec
from cifar_core.architecture.nodes import ActivationStep, AnyNode, Conv, ConvStep, Flatten, GateStep, Linear, Pool
from cifar_core.training.evaluate import StopRequested
from tests.analysis.networks import untrained
from tests.tiny import tiny_architecture, tiny_data

IMAGES = tiny_data().train.images


def drawn(count: int = 60, width: int = 7) -> Features:
    generator = np.random.default_rng(3)
    mixing = generator.normal(size=(width, width))
    return (generator.normal(size=(count, width)) @ mixing + 2).astype(np.float32)


def test_features_are_what_enters_the_linear_layer() -> None:
    network = untrained(tiny_architecture())
    with torch.no_grad():
        expected = network.network.body(network.normalize(IMAGES)).mean(dim=(2, 3)).numpy()
    found = penultimate_features(network, IMAGES)
    assert found.dtype == np.float32
    assert found.shape == (len(IMAGES), 16)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("steps", [(ConvStep(),), (ConvStep(), GateStep(hidden_channels=2))])
def test_what_enters_a_last_convolution_is_averaged_over_space(steps: tuple[ConvStep | GateStep, ...]) -> None:
    last: AnyNode = Conv(out_channels=10, kernel_size=1, steps=steps)
    spec = ArchitectureSpec(
        name="last is a convolution",
        nodes=(Conv(block="C1", out_channels=5, stride=4, padding=1, steps=(ConvStep(), ActivationStep())),),
        head=(last, Pool()),
    )
    network = untrained(spec)
    with torch.no_grad():
        expected = network.network.body(network.normalize(IMAGES)).mean(dim=(2, 3)).numpy()
    np.testing.assert_allclose(penultimate_features(network, IMAGES), expected, atol=1e-5)


def test_a_flattened_map_is_a_feature_a_cell() -> None:
    spec = ArchitectureSpec(
        name="flat",
        nodes=(Conv(block="C1", out_channels=2, stride=4, padding=1, steps=(ConvStep(), ActivationStep())),),
        head=(Flatten(), Linear(out_features=10)),
    )
    assert penultimate_features(untrained(spec), IMAGES[:5]).shape == (5, 2 * 8 * 8)


def test_a_request_to_stop_is_heard_between_batches() -> None:
    with pytest.raises(StopRequested):
        penultimate_features(untrained(tiny_architecture()), IMAGES, lambda: True)


def test_the_shared_network_keeps_no_hook() -> None:
    network = untrained(tiny_architecture())
    penultimate_features(network, IMAGES[:5])
    assert not any(module._forward_pre_hooks for module in network.network.modules())


@pytest.mark.parametrize("position", [0, 17, 59])
def test_neighbours_are_those_of_scikit_learn(position: int) -> None:
    features = drawn()
    oracle = NearestNeighbors(n_neighbors=9, metric="cosine").fit(features)
    expected = oracle.kneighbors(features[position : position + 1], return_distance=False)[0]
    assert expected[0] == position
    assert nearest(features, position, 8).tolist() == expected[1:].tolist()


def test_there_are_no_more_neighbours_than_images() -> None:
    assert sorted(nearest(drawn(4), 2, 8)) == [0, 1, 3]
    assert nearest(drawn(1), 0, 8).tolist() == []


def test_a_network_that_is_silent_for_some_images_has_neighbours_still() -> None:
    features = drawn(6)
    features[4] = 0
    assert nearest(features, 0, 5)[:4].tolist() == [at for at in nearest(drawn(6), 0, 5).tolist() if at != 4]
    assert len(set(nearest(features, 4, 5))) == 5


def test_the_map_is_that_of_scikit_learn_but_for_its_signs() -> None:
    features = drawn()
    oracle = PCA(2).fit(features)
    expected, found = oracle.transform(features), principal_map(features)
    signs = np.sign((expected * found.points).sum(axis=0))
    np.testing.assert_allclose(found.points, expected * signs, atol=1e-3)
    np.testing.assert_allclose(found.shares, oracle.explained_variance_ratio_, atol=1e-5)


def test_the_map_does_not_depend_on_the_sign_that_the_solver_found() -> None:
    found = principal_map(drawn())
    mirrored = principal_map(drawn()[::-1].copy())
    np.testing.assert_allclose(found.points, mirrored.points[::-1], atol=1e-3)


@pytest.mark.parametrize("features", [np.ones((5, 3)), np.ones((1, 3)), np.zeros((4, 1))], ids=["same", "one", "zero"])
def test_where_nothing_differs_all_lie_in_the_middle(features: np.ndarray) -> None:
    found = principal_map(features.astype(np.float32))
    assert found.points.tolist() == [[0, 0]] * len(features)
    assert found.shares == (0, 0)


def test_a_single_feature_is_a_line() -> None:
    found = principal_map(np.array([[1], [3]], dtype=np.float32))
    assert found.points.tolist() == [[-1, 0], [1, 0]]
    assert found.shares == (1, 0)
