from __future__ import annotations

import numpy as np
import torch

from cifar_core.analysis.variants import Variants, predict_variants
from cifar_core.data import AugmentationSpec, find_augmentation
from cifar_core.data.augmentation import HorizontalFlip
from tests.analysis.networks import untrained
from tests.tiny import tiny_architecture, tiny_data

IMAGE = tiny_data().train.images[0].numpy()
MEAN = (0.5, 0.5, 0.5)


def test_each_draw_is_predicted_as_an_image_of_its_own() -> None:
    network = untrained(tiny_architecture())
    found = predict_variants(network, IMAGE, find_augmentation("seed-model-3").spec, MEAN, count=6, seed=4)
    assert found.images.shape == (6, 32, 32, 3)
    assert len({image.tobytes() for image in found.images}) > 1
    for image, probabilities in zip([IMAGE, *found.images], [found.original, *found.probabilities], strict=True):
        expected = network.probabilities(torch.from_numpy(image[None])).numpy()[0]
        np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_the_seed_alone_decides_the_draws() -> None:
    network, spec = untrained(tiny_architecture()), find_augmentation("seed-model-3").spec
    first, same, other = (predict_variants(network, IMAGE, spec, MEAN, seed=seed) for seed in (1, 1, 2))
    assert (first.images == same.images).all()
    assert (first.images != other.images).any()


def test_an_augmentation_does_what_its_spec_says() -> None:
    flip = AugmentationSpec(name="flip", transforms=(HorizontalFlip(p=1.0),))
    found = predict_variants(untrained(tiny_architecture()), IMAGE, flip, MEAN, count=2)
    assert (found.images == IMAGE[:, ::-1]).all()


def test_without_augmentation_every_draw_is_the_image_and_the_answer_stands() -> None:
    found = predict_variants(untrained(tiny_architecture()), IMAGE, AugmentationSpec(), MEAN, count=3)
    assert (found.images == IMAGE).all()
    assert found.stability == 1


def test_stability_is_the_share_of_draws_with_the_images_answer() -> None:
    shares = np.array([[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.7, 0.3]], dtype=np.float32)
    found = Variants(np.zeros((4, 32, 32, 3), dtype=np.uint8), shares, np.array([0.8, 0.2], dtype=np.float32))
    assert found.same_answer.tolist() == [True, False, True, True]
    assert found.stability == 0.75
