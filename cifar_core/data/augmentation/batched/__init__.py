"""An AugmentationSpec carried out on a whole batch at once, as tensor operations on the device that holds it."""

from cifar_core.data.augmentation.batched.engine import BatchedPipeline

__all__ = ["BatchedPipeline"]
