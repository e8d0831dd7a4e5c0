"""What the Mistakes page is about: a run, a set of images, and what the network said of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cifar_core.data import DatasetInfo
from cifar_core.data.datasets import Images
from cifar_core.protocol import EvaluationSplit
from cifar_core.runs import Predictions, Run, RunStore
from cifar_core.ui import resources
from cifar_core.ui.gallery import GalleryImage
from cifar_core.words import percent

Positions = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Subject:
    """A run's predictions for one set; every pane of the page takes one."""

    store: RunStore
    run: Run
    split: EvaluationSplit
    predictions: Predictions
    info: DatasetInfo

    @property
    def scope(self) -> str:
        """Behind the key of every widget that speaks of single images: another run or set begins afresh."""
        return f"{self.run.id}-{self.split}"

    def images(self, positions: Positions | slice = slice(None)) -> Images:
        """The set's images at some positions of `predictions`, uint8 [N, 32, 32, 3]; by default all of them.

        Raises:
            DataError: the run's data set is not at hand, or is not the one that was predicted.
        """
        index = self.predictions.index[positions if isinstance(positions, slice) else list(positions)]
        images: Images = resources.predicted_images(self.run, self.split, self.predictions)[index]
        return images

    def gallery_images(self, positions: Positions) -> list[GalleryImage]:
        """Images for `ui.gallery`: under each its class, what the network said, and how sure it was.

        Raises:
            DataError: as `images`.
        """
        names, predicted = self.info.class_names, self.predictions.predicted
        shown = []
        for at, picture in zip(positions, self.images(positions), strict=True):
            true, answer = names[self.predictions.targets[at]], names[predicted[at]]
            sureness = percent(float(self.predictions.probabilities[at, predicted[at]]))
            alt = f"Image {self.predictions.index[at]}: {true}, predicted {answer} with {sureness}"
            shown.append(GalleryImage(picture, f"{true} → {answer}\n{sureness}", alt))
        return shown
