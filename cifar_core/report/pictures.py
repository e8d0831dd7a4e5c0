"""The pictures of a Markdown report as PNG, by matplotlib, which is imported here alone and only to draw."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cifar_core.analysis.confusion import Counts
from cifar_core.analysis.curves import Curve
from cifar_core.protocol import SPLIT_WORDS
from cifar_core.report.content import Mistakes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 5


def curves_png(curves: Sequence[Curve]) -> bytes:
    """Accuracy over the epochs, of the evaluated images as lines and of training images dashed."""
    figure = _figure(8, 4.5)
    axes = figure.add_subplot()
    for number, curve in enumerate(curves):
        marker = "o" if len(curve.epochs) == 1 else ""
        style: dict[str, Any] = {"color": f"C{number % 10}", "marker": marker}
        evaluated = [100 * share for share in curve.accuracy]
        trained = [100 * share for share in curve.values["train_accuracy"]]
        axes.plot(curve.epochs, evaluated, label=f"{curve.title}, {SPLIT_WORDS[curve.split]}", **style)
        axes.plot(curve.epochs, trained, label=f"{curve.title}, training", linestyle="--", **style)
    axes.set(xlabel="Epoch", ylabel="Accuracy in %")
    axes.locator_params(axis="x", integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    return _png(figure)


def confusion_png(matrix: Counts, names: Sequence[str]) -> bytes:
    """The matrix with its counts: rows are true classes."""
    figure = _figure(7, 6)
    axes = figure.add_subplot()
    axes.imshow(matrix, cmap="Blues")
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="Predicted class", ylabel="True class")
    middle = matrix.max() / 2
    for (row, column), images in _cells(matrix):
        color = "white" if images > middle else "black"
        axes.text(column, row, str(images), ha="center", va="center", color=color, fontsize=8)
    return _png(figure)


def mistakes_png(mistakes: Mistakes) -> bytes:
    """A sheet of the images, each under its class and what the network said."""
    rows = -(-len(mistakes.images) // _COLUMNS)
    figure = _figure(10, 2.1 * rows)
    for place, (image, caption) in enumerate(zip(mistakes.images, mistakes.captions, strict=True), start=1):
        axes = figure.add_subplot(rows, _COLUMNS, place)
        axes.imshow(image)
        axes.set_title(caption, fontsize=8)
        axes.axis("off")
    return _png(figure)


def _cells(matrix: Counts) -> list[tuple[tuple[int, int], int]]:
    rows = enumerate(matrix.tolist())
    return [((row, column), images) for row, cells in rows for column, images in enumerate(cells)]


def _figure(width: float, height: float) -> Figure:
    # Not pyplot: it keeps every figure, and is not safe in the dashboard's threads.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
