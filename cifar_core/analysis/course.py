"""What the course of a training shows: milestones, dips, plateaus and how it ends, each beside the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from cifar_core.analysis.curves import Curve
from cifar_core.analysis.finding import Finding, noise, points
from cifar_core.words import percent

MAX_MILESTONES = 6
"""Steps between the epochs that are told: 10 of 50 epochs, as in the seed's own analysis."""
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
PLATEAU_EPOCHS = 5
"""Fewer epochs without a gain say little: single ones do not gain in any training."""
PLATEAU_WIDTH = 0.02
"""Widest band that counts as standing still, however few images are evaluated; below it, what luck explains."""
TOLD_PLATEAUS = 3
"""A long training stands still again and again: the longest of its plateaus tell enough."""
LAST_SHARE = 10
"""The end is the last tenth of the epochs, and at least three."""
LEAST_LAST = 3


def milestones(curve: Curve, chosen: str) -> Finding | None:
    """Accuracy at the first epoch, at round ones and at the last, with the best; None without an epoch.

    Args:
        curve: of the run.
        chosen: how its best epoch is chosen: "validation-chosen".
    """
    if curve.best is None:
        return None
    last = curve.epochs[-1]
    step = next((step for step in _STEPS if last <= step * MAX_MILESTONES), 1000)
    told = [at for at, epoch in enumerate(curve.epochs) if epoch in (1, last) or epoch % step == 0]
    reached = ", ".join(f"{percent(curve.accuracy[at])} at epoch {curve.epochs[at]}" for at in told)
    sentence = f"{curve.split.capitalize()} accuracy: {reached}."
    numbers = {f"accuracy at epoch {curve.epochs[at]}": curve.accuracy[at] for at in told}
    if len(curve.epochs) > 1:
        best, epoch = curve.accuracy[curve.best], curve.epochs[curve.best]
        sentence += f" Best: {percent(best)} at epoch {epoch} ({chosen})."
        numbers["best accuracy"] = best
    return Finding("milestones", sentence, numbers)


def rising_rate(curve: Curve) -> list[bool]:
    """For each epoch whether its learning rate is higher than that of the epoch before."""
    rates = curve.values["learning_rate"]
    return [False, *(later > earlier for earlier, later in pairwise(rates))][: len(rates)]


def dip(curve: Curve) -> Finding | None:
    """The deepest fall of accuracy that luck does not explain, and whether a rise of the learning rate goes with it."""
    top, low = _deepest_fall(curve.accuracy)
    accuracy, epochs = curve.accuracy, curve.epochs
    if low == top:
        return None
    # The deepest of all falls was picked: of so many pairs of epochs, one falls far by luck.
    luck = noise(accuracy[top], curve.images, comparisons=math.comb(len(epochs), 2))
    depth = accuracy[top] - accuracy[low]
    if depth <= luck:
        return None
    back = next((at for at in range(low + 1, len(epochs)) if accuracy[at] >= accuracy[top]), None)
    told = f"{percent(accuracy[top])} at epoch {epochs[top]} to {percent(accuracy[low])} at epoch {epochs[low]}"
    sentence = f"Accuracy fell by {points(depth)}, from {told}"
    if back is not None:
        sentence += f", and was back at {percent(accuracy[back])} at epoch {epochs[back]}"
    elif low < len(epochs) - 1:
        sentence += f", and ended at {percent(accuracy[-1])}"
    numbers: dict[str, float | int | str] = {
        "top accuracy": accuracy[top],
        "top epoch": epochs[top],
        "lowest accuracy": accuracy[low],
        "lowest epoch": epochs[low],
        "fall that luck explains": luck,
    }
    start = _rise_during(curve, top, low)
    if start is None:
        return Finding("dip", f"{sentence}. The learning rate did not rise meanwhile.", numbers)
    rates = curve.values["learning_rate"]
    peak = max(range(start, low + 1), key=rates.__getitem__)
    numbers |= {"rate before its rise": rates[start - 1], "rate at its highest meanwhile": rates[peak]}
    numbers["rise from epoch"] = epochs[start]
    which = "inferred learning rate" if curve.is_reference else "learning rate"
    way = f"from {rates[start - 1]:.2g} at epoch {epochs[start - 1]} to {rates[peak]:.2g} at epoch {epochs[peak]}"
    sentence += f". That coincides with the {which}'s rise from epoch {epochs[start]} ({way}): it is no plateau."
    return Finding("dip", sentence, numbers)


def _deepest_fall(accuracy: tuple[float, ...]) -> tuple[int, int]:
    """Positions of the top and the bottom of the largest drop; twice the same where it never drops."""
    top, fall = 0, (0, 0)
    for at, value in enumerate(accuracy):
        if value > accuracy[top]:
            top = at
        if accuracy[top] - value > accuracy[fall[0]] - accuracy[fall[1]]:
            fall = (top, at)
    return fall


def _rise_during(curve: Curve, top: int, low: int) -> int | None:
    """Where the learning rate's rise begins that lies between two positions, or reaches into them; None for none."""
    rising = rising_rate(curve)
    start = next((at for at in range(top + 1, low + 1) if rising[at]), None)
    while start is not None and rising[start - 1]:
        start -= 1
    return start


def plateaus(curve: Curve) -> list[Finding]:
    """The longest stretches without a gain or a loss beyond luck; where the rate rises, no gain is to be expected."""
    found = list(_flat_stretches(curve))
    longest = sorted(found, key=lambda ends: ends[1] - ends[0], reverse=True)[:TOLD_PLATEAUS]
    return [_plateau(curve, start, end) for start, end in found if (start, end) in longest]


def _plateau(curve: Curve, start: int, end: int) -> Finding:
    values, rates = curve.accuracy[start : end + 1], curve.values["learning_rate"]
    low, high = min(values), max(values)
    first, last = curve.epochs[start], curve.epochs[end]
    sentence = (
        f"Plateau: from epoch {first} to {last} accuracy stayed within {points(high - low)} "
        f"({percent(low)} to {percent(high)})"
    )
    if rates[start] != rates[end]:
        sentence += f", while the learning rate fell from {rates[start]:.2g} to {rates[end]:.2g}"
    numbers = {"first epoch": first, "last epoch": last, "lowest accuracy": low, "highest accuracy": high}
    return Finding("plateau", f"{sentence}.", {**numbers, "band that counts as still": _width(curve, start)})


def _flat_stretches(curve: Curve) -> Iterator[tuple[int, int]]:
    rising, accuracy, start = rising_rate(curve), curve.accuracy, 0
    while start < len(accuracy):
        end, low, high = start, accuracy[start], accuracy[start]
        while end + 1 < len(accuracy) and not (rising[start] or rising[end + 1]):
            lower, higher = min(low, accuracy[end + 1]), max(high, accuracy[end + 1])
            if higher - lower > _width(curve, start):
                break
            end, low, high = end + 1, lower, higher
        is_long = end - start + 1 >= PLATEAU_EPOCHS
        if is_long:
            yield start, end
        start = end + 1 if is_long else start + 1


def _width(curve: Curve, at: int) -> float:
    return min(noise(curve.accuracy[at], curve.images), PLATEAU_WIDTH)


def improving_end(curve: Curve, where: str) -> Finding | None:
    """Whether accuracy still rose over the last epochs beyond luck; None where it did not.

    Args:
        curve: of the run.
        where: what its last epoch is: "at the end", "so far".
    """
    length = max(len(curve.epochs) // LAST_SHARE, LEAST_LAST)
    if len(curve.epochs) <= length:
        return None
    before, last = curve.accuracy[-1 - length], curve.accuracy[-1]
    luck = noise(last, curve.images)
    if last - before <= luck or last < max(curve.accuracy):
        return None
    rates = curve.values["learning_rate"]
    sentence = (
        f"Still improving {where}: {points(last - before, signed=True)} over the last {length} epochs, "
        f"to {percent(last)} at epoch {curve.epochs[-1]}"
    )
    if rates[-1] != rates[-1 - length]:
        way = "fell" if rates[-1] < rates[-1 - length] else "rose"
        sentence += f", while the learning rate {way} from {rates[-1 - length]:.2g} to {rates[-1]:.2g}"
    numbers = {f"accuracy at epoch {curve.epochs[-1 - length]}": before, f"accuracy at epoch {curve.epochs[-1]}": last}
    return Finding("end", f"{sentence}.", {**numbers, "gain that luck explains": luck})
