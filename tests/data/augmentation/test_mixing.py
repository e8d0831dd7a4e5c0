from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy import stats  # type: ignore[import-untyped]
from torch import Tensor

from cifar_core.data.augmentation import CutMix, Mixer, MixUp
from cifar_core.data.augmentation.batched import BatchedPipeline
from cifar_core.data.augmentation.mixing import MixDraws, draw_mix, mix_images, mix_targets
from cifar_core.data.augmentation.spec import AugmentationSpec
from cifar_core.data.augmentation.transforms import HorizontalFlip
from cifar_core.errors import SpecError

ALWAYS = (MixUp(p=1.0, alpha=1.0), CutMix(p=1.0, alpha=1.0))


def flat_images(count: int, size: int = 32) -> Tensor:
    """Each image of one level of its own."""
    return torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(count, size, size, 3).contiguous()


def noise(count: int) -> Tensor:
    return torch.randint(0, 256, (count, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def same(first: MixDraws, second: MixDraws) -> bool:
    return all(np.array_equal(getattr(first, name), getattr(second, name)) for name in MixDraws.__slots__)


def test_mixup_is_the_weighted_mean_of_the_two_images_as_they_were() -> None:
    images = noise(60)
    draws = draw_mix((MixUp(p=1.0, alpha=1.0),), 60, 3)
    own = images.double().numpy()
    share = draws.shares.astype(float)[:, None, None, None]
    wanted = share * own + (1 - share) * own[draws.partners]
    assert np.abs(mix_images(images, draws).numpy() - wanted).max() <= 0.501


def test_cutmix_pastes_its_box_from_the_partner_and_nothing_else() -> None:
    images = noise(60)
    draws = draw_mix((CutMix(p=1.0),), 60, 4)
    wanted = images.numpy().copy()
    for row, (left, top, right, bottom) in enumerate(draws.boxes):
        wanted[row, top:bottom, left:right] = images.numpy()[draws.partners[row], top:bottom, left:right]
    assert np.array_equal(mix_images(images, draws).numpy(), wanted)


def test_the_share_of_cutmix_is_that_of_the_pixels_really_kept() -> None:
    images = flat_images(200)
    draws = draw_mix((CutMix(p=1.0),), 200, 5)
    kept = (mix_images(images, draws) == images).all(dim=3).double().mean(dim=(1, 2))
    assert np.array_equal(kept.numpy(), draws.shares)


@pytest.mark.parametrize("batch", [ALWAYS, ALWAYS[:1], ALWAYS[1:], (MixUp(), CutMix())])
def test_classes_weigh_what_there_is_of_them(batch: tuple[Mixer, ...]) -> None:
    targets = torch.arange(300) % 7
    draws = draw_mix(batch, 300, 6)
    weights = mix_targets(targets, draws, 10).numpy()
    wanted = np.zeros((300, 10))
    for row, share in enumerate(draws.shares):
        wanted[row, targets[row]] += share
        wanted[row, targets[draws.partners[row]]] += 1 - share
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, wanted, atol=1e-6)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


def test_an_image_mixed_with_one_of_its_class_keeps_its_answer() -> None:
    weights = mix_targets(torch.full((50,), 2), draw_mix(ALWAYS, 50, 0), 4)
    torch.testing.assert_close(weights, torch.tensor([0.0, 0.0, 1.0, 0.0]).expand(50, 4))


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_of_mixup_are_of_the_beta_distribution(alpha: float) -> None:
    shares = draw_mix((MixUp(p=1.0, alpha=alpha),), 2000, 1).shares
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 0.001


def reference_shares(alpha: float, count: int) -> list[float]:
    """Of cutmix, by the paper's recipe, image by image."""
    generator = np.random.default_rng(99)
    shares = []
    for _ in range(count):
        side = 32 * np.sqrt(1 - generator.beta(alpha, alpha))
        covered = 1.0
        for middle in generator.uniform(0, 32, 2):
            covered *= min(32, middle + side / 2) - max(0, middle - side / 2)
        shares.append(1 - covered / 32**2)
    return shares


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_shares_of_cutmix_are_those_of_the_paper(alpha: float) -> None:
    shares = draw_mix((CutMix(p=1.0, alpha=alpha),), 2000, 1).shares
    # Boxes of whole pixels move a share by a pixel's width at most.
    blurred = shares + np.random.default_rng(0).uniform(-1 / 64, 1 / 64, 2000)
    assert stats.ks_2samp(blurred, reference_shares(alpha, 2000)).pvalue > 0.001


def test_boxes_lie_within_the_image_and_reach_its_borders() -> None:
    boxes = draw_mix((CutMix(p=1.0),), 2000, 2).boxes
    assert (boxes.min(), boxes.max()) == (0, 32)
    assert (boxes[:, 2:] >= boxes[:, :2]).all()


def test_a_seed_decides_every_draw() -> None:
    assert same(draw_mix(ALWAYS, 64, 8), draw_mix(ALWAYS, 64, 8))
    assert not same(draw_mix(ALWAYS, 64, 8), draw_mix(ALWAYS, 64, 9))


def test_of_two_mixers_a_fair_coin_chooses_for_each_image() -> None:
    kinds = draw_mix(ALWAYS, 4000, 0).kind
    assert set(kinds.tolist()) == {1, 2}
    assert stats.binomtest(int((kinds == 1).sum()), 4000).pvalue > 0.001


@pytest.mark.parametrize(
    ("batch", "wanted"),
    [
        ((MixUp(p=0.3),), (0.7, 0.3, 0.0)),
        ((CutMix(p=0.8),), (0.2, 0.0, 0.8)),
        ((MixUp(p=0.4), CutMix(p=0.6)), (0.5, 0.2, 0.3)),
        ((CutMix(p=1.0), MixUp(p=0.0)), (0.5, 0.0, 0.5)),
    ],
)
def test_each_mixer_happens_as_often_as_its_probability_says(batch: tuple[Mixer, ...], wanted: Sequence[float]) -> None:
    kinds = draw_mix(batch, 4000, 0).kind
    for kind, chance in enumerate(wanted):
        assert stats.binomtest(int((kinds == kind).sum()), 4000, chance).pvalue > 0.001


def test_a_partner_is_any_other_image_and_never_the_image_itself() -> None:
    partners = np.stack([draw_mix(ALWAYS, 5, seed).partners for seed in range(400)])
    assert not (partners == np.arange(5)).any()
    counted = np.stack([np.bincount(column, minlength=5) for column in partners.T])
    assert stats.chisquare(counted[~np.eye(5, dtype=bool)]).pvalue > 0.001


def test_what_is_not_mixed_is_left_with_itself() -> None:
    draws = draw_mix((MixUp(p=0.5), CutMix(p=0.5)), 400, 0)
    alone = draws.kind == 0
    assert np.array_equal(draws.partners[alone], np.flatnonzero(alone))
    assert (draws.shares[alone] == 1).all()
    assert not draws.boxes[draws.kind != 2].any()
    assert torch.equal(mix_images(noise(400), draws)[alone], noise(400)[alone])


def test_mixing_does_not_follow_the_transforms_draws_of_the_same_seed() -> None:
    flip = BatchedPipeline(AugmentationSpec(transforms=(HorizontalFlip(),)), (0.5, 0.5, 0.5)).draw(4000, 7)[0].applied
    mixed = draw_mix((MixUp(p=0.5),), 4000, 7).kind != 0
    assert stats.binomtest(int((flip == mixed).sum()), 4000).pvalue > 0.001


def test_the_batch_itself_is_not_changed() -> None:
    images, targets = noise(40), torch.arange(40) % 10
    mixed = mix_images(images, draw_mix(ALWAYS, 40, 0))
    mix_targets(targets, draw_mix(ALWAYS, 40, 0), 10)
    assert torch.equal(images, noise(40))
    assert torch.equal(targets, torch.arange(40) % 10)
    assert (mixed.dtype, mixed.shape) == (torch.uint8, images.shape)


@pytest.mark.parametrize("count", [0, 1])
def test_with_nobody_to_mix_with_a_batch_stays_as_it_is(count: int) -> None:
    images, draws = noise(count), draw_mix(ALWAYS, count, 0)
    assert len(draws) == count
    assert not draws.kind.any()
    assert mix_images(images, draws) is images
    weights = mix_targets(torch.full((count,), 3), draws, 10)
    assert weights.shape == (count, 10)
    assert (weights[:, 3] == 1).all()


def test_two_images_are_each_other_s_partners() -> None:
    assert draw_mix(ALWAYS, 2, 0).partners.tolist() == [1, 0]


def test_without_mixers_nothing_is_mixed() -> None:
    assert not draw_mix((), 20, 0).kind.any()


def test_the_smallest_alpha_draws_whole_shares() -> None:
    shares = draw_mix((MixUp(p=1.0, alpha=1e-300), CutMix(p=1.0, alpha=1e-300)), 200, 0).shares
    assert np.isfinite(shares).all()


@pytest.mark.parametrize(("batch", "count", "size"), [(ALWAYS, -1, 32), (ALWAYS, 4, 0), ((*ALWAYS, MixUp()), 4, 32)])
def test_draws_that_cannot_be_are_refused(batch: tuple[Mixer, ...], count: int, size: int) -> None:
    with pytest.raises(ValueError, match="cannot be drawn"):
        draw_mix(batch, count, 0, size)


def test_images_and_targets_that_the_draws_are_not_for_are_refused() -> None:
    draws = draw_mix(ALWAYS, 4, 0)
    with pytest.raises(ValueError, match="draws for 4 uint8 images cannot mix 5"):
        mix_images(noise(5), draws)
    with pytest.raises(ValueError, match=r"torch\.float32"):
        mix_images(noise(4).float(), draws)
    with pytest.raises(ValueError, match="cannot mix 5 targets"):
        mix_targets(torch.zeros(5, dtype=torch.int64), draws, 10)
    with pytest.raises(ValueError, match="0 classes"):
        mix_targets(torch.zeros(4, dtype=torch.int64), draws, 0)


@pytest.mark.parametrize("fields", [{"alpha": 0}, {"alpha": -1}, {"alpha": 11}, {"p": 1.5}, {"p": -0.1}])
@pytest.mark.parametrize("mixer", [MixUp, CutMix])
def test_a_mixer_of_impossible_numbers_is_refused(mixer: type[MixUp | CutMix], fields: dict[str, float]) -> None:
    with pytest.raises(SpecError, match=next(iter(fields))):
        mixer.parse(fields)
