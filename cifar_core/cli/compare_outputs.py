"""The shape of what `compare RUN RUN --json` prints."""

from __future__ import annotations

from pydantic import BaseModel

from cifar_core.analysis.pairs import ClassPair, PairComparison
from cifar_core.analysis.settings_diff import Difference, SettingPart, differing_settings
from cifar_core.protocol import ACCURACY_LABELS, EvaluationSplit
from cifar_core.runs import Run


class ComparedRun(BaseModel):
    """One of the two runs."""

    run: str
    name: str
    epoch: int
    """Of the checkpoint that predicted."""
    accuracy: float
    """On the images compared, in 0..1."""
    accuracy_of: str
    """How the epoch was chosen: "validation-chosen" or "last epoch"."""

    @classmethod
    def of(cls, run: Run, epoch: int, accuracy: float) -> ComparedRun:
        """A run of the store with what its predictions say."""
        label = ACCURACY_LABELS[run.config.training.protocol]
        return cls(run=run.id, name=run.name, epoch=epoch, accuracy=accuracy, accuracy_of=label)


class ClassComparison(BaseModel):
    """How one class fares with both; recalls in 0..1."""

    name: str
    support: int
    recall_first: float
    recall_second: float
    difference: float
    """Recall of the first minus that of the second, in -1..1."""

    @classmethod
    def of(cls, pair: ClassPair) -> ClassComparison:
        """A class of a comparison."""
        return cls(
            name=pair.name,
            support=pair.support,
            recall_first=pair.recall_first,
            recall_second=pair.recall_second,
            difference=pair.recall_first - pair.recall_second,
        )


class SettingComparison(BaseModel):
    """A setting in which the two differ."""

    part: SettingPart
    setting: str
    first: str
    second: str
    decides: bool
    """False for what only names something, and for what acts like another seed."""

    @classmethod
    def of(cls, difference: Difference) -> SettingComparison:
        """A difference of two runs."""
        first, second = difference.values
        return cls(
            part=difference.part,
            setting=difference.setting,
            first=first,
            second=second,
            decides=difference.decides,
        )


class ComparisonOutput(BaseModel):
    """Two runs on the same images."""

    dataset: str
    split: EvaluationSplit
    count: int
    """Images."""
    first: ComparedRun
    second: ComparedRun
    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    p_value: float
    """Of the exact two-sided McNemar test, in 0..1."""
    is_significant: bool
    """Whether p_value is below 0.05."""
    classes: list[ClassComparison]
    settings: list[SettingComparison]
    """Only those in which they differ."""

    @classmethod
    def of(
        cls, split: EvaluationSplit, runs: tuple[Run, Run], epochs: tuple[int, int], pair: PairComparison
    ) -> ComparisonOutput:
        """What a comparison of two runs came to.

        Args:
            split: the images compared.
            runs: of one data set.
            epochs: of the checkpoints that predicted.
            pair: what came of it.
        """
        return cls(
            dataset=runs[0].config.dataset,
            split=split,
            count=pair.count,
            first=ComparedRun.of(runs[0], epochs[0], pair.accuracy_first),
            second=ComparedRun.of(runs[1], epochs[1], pair.accuracy_second),
            both_right=pair.both_right,
            only_first=pair.only_first,
            only_second=pair.only_second,
            both_wrong=pair.both_wrong,
            p_value=pair.p_value,
            is_significant=pair.is_significant,
            classes=[ClassComparison.of(row) for row in pair.classes],
            settings=[SettingComparison.of(difference) for difference in differing_settings(runs)],
        )
