"""What the transforms drew for the images of a batch, in the project's own terms: whoever drew it, one form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Draws:
    """One transform's draws for N images.

    What `values` holds, by the transform's type:

    - horizontal_flip, grayscale: nothing.
    - shift_scale_rotate: `dx`, `dy` (whole pixels, right and down), `scale` (factor), `angle` (degrees, positive turns
      the picture counter-clockwise as one sees it).
    - random_crop: `left`, `top` (pixels of the padded image, 0 to twice the padding).
    - color_jitter: `brightness`, `contrast`, `saturation` (factors), `hue` (turns), `order` [N, 4] (numbers of these
      four, in the order in which they happen).
    - brightness_contrast: `contrast` (factor), `brightness` (levels added).
    - gaussian_blur: `sigma` (pixels), `kernel_size` (pixels, odd).
    - coarse_dropout: `holes` [N, K, 4] (left, top, right, bottom in pixels, the last two excluded); K is the most holes
      of any image, and rows of zeros stand for those that an image has less.
    - trivial_augment: `op` (number in `TRIVIAL_OPS`), `amount` (shear in degrees, whose tangent times y is added to x,
      or the other way round; translation in pixels, right or down; rotation as `angle`; factor for brightness,
      contrast and colour; share of the sharpened image; bits kept; solarize threshold in levels; 0 for the others).

    Where a transform did not happen, its values are zeros and mean nothing.
    """

    type: str
    """Of the transform."""
    applied: NDArray[np.bool_]
    """[N]: whether it happened to the image."""
    values: Mapping[str, NDArray[np.generic]]
    """Each [N] or [N, ...]."""

    def of(self, position: int) -> dict[str, NDArray[np.generic]] | None:
        """What was drawn for one image; None if the transform did not happen to it."""
        if not self.applied[position]:
            return None
        return {name: value[position] for name, value in self.values.items()}

    def taken(self, positions: NDArray[np.intp]) -> Draws:
        """The draws of some of the images."""
        values = {name: value[positions] for name, value in self.values.items()}
        return Draws(self.type, self.applied[positions], values)
