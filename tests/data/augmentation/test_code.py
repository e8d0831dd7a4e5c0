from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cifar_core.data import AugmentationSpec, augmentation_names, find_augmentation, load_dataset
from cifar_core.data.augmentation import CutMix
from cifar_core.data.augmentation.catalogue import TRANSFORMS
from cifar_core.data.augmentation.code import augmentation_code
from cifar_core.data.augmentation.pipeline import AlbumentationsPipeline

DIGITS = load_dataset("digits", Path("unused"))
EVERYTHING = AugmentationSpec(name="everything", transforms=tuple(info.make() for info in TRANSFORMS.values()))
RUNNER = """
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from taken import draw

assert not any(name.startswith("cifar_core") for name in sys.modules)
images = np.load(sys.argv[1] + "/images.npy")
np.save(sys.argv[1] + "/drawn.npy", np.stack([draw(image, seed) for seed, image in enumerate(images)]))
"""


def drawn_by(source: str, images: np.ndarray, folder: Path) -> np.ndarray:
    """What the source draws in a process of its own, which cannot import this project."""
    (folder / "taken.py").write_text(source)
    np.save(folder / "images.npy", images)
    subprocess.run([sys.executable, "-I", "-c", RUNNER, str(folder)], check=True, cwd=folder, timeout=120)
    drawn: np.ndarray = np.load(folder / "drawn.npy")
    return drawn


@pytest.mark.parametrize(
    "spec", [*(find_augmentation(name).spec for name in augmentation_names()), EVERYTHING], ids=lambda spec: spec.name
)
def test_the_code_draws_the_pictures_of_the_page(spec: AugmentationSpec, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    images = np.concatenate([DIGITS.train.images[:20], noise])
    expected = AlbumentationsPipeline(spec, DIGITS.mean).record(images, range(len(images))).images
    assert np.array_equal(drawn_by(augmentation_code(spec, DIGITS.mean), images, tmp_path), expected)


def test_what_albumentations_cannot_do_is_told_in_the_code() -> None:
    source = augmentation_code(AugmentationSpec(batch=(CutMix(),)), DIGITS.mean)
    assert "# 1 mixer of the batch (cutmix) left out" in source


def test_a_hostile_name_stays_a_name() -> None:
    spec = AugmentationSpec(name='"""\nimport os  # \\')
    compile(augmentation_code(spec, DIGITS.mean), "taken.py", "exec")
    assert "\nimport os" not in augmentation_code(spec, DIGITS.mean)
