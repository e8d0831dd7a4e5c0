"""Judges a class: submissions, claims and recomputed accuracies put together into one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_uppercase

from cifar_core.analysis.run_rules import judge_run
from cifar_core.architecture import ArchitectureDescription, RuleLimits, RuleResult, all_required_pass, judge
from cifar_core.classroom.claims import Accuracy, Claim, Claims
from cifar_core.classroom.identical import network_identity, same_presets
from cifar_core.classroom.submissions import PackagedRun, Reading, Submission
from cifar_core.classroom.table import (
    Claimed,
    ClassLimits,
    ClassRow,
    ClassTable,
    FieldVerdict,
    IdenticalGroup,
    RunFigures,
    Verdicts,
)
from cifar_core.classroom.weights import Recomputed

LEAST_TOLERANCE = 0.0005
"""Of an accuracy: five of 10,000 images, since processors round differently."""


def judge_class(
    submissions: Sequence[Submission],
    claims: Claims | None = None,
    limits: ClassLimits | None = None,
    recomputed: Mapping[str, Recomputed] | None = None,
) -> ClassTable:
    """The table of a class, a row a file.

    Args:
        submissions: every file, by name.
        claims: what the students say.
        limits: the assignment's unless a teacher sets others.
        recomputed: accuracies from weights, by file.
    """
    limits, recomputed = limits or ClassLimits(), recomputed or {}
    claimed, notes = _assigned(submissions, claims or Claims())
    groups = _groups(submissions, {file: claim.author for file, claim in claimed.items()})
    letters = {file: group.letter for group in groups for file in group.files}
    rows = tuple(
        _row(each, claimed.get(each.file, Claim(0)), limits, recomputed.get(each.file), letters.get(each.file, ""))
        for each in submissions
    )
    return ClassTable(limits=limits, rows=rows, identical=groups, notes=notes)


def _row(
    submission: Submission, claim: Claim, limits: ClassLimits, recomputed: Recomputed | None, letter: str
) -> ClassRow:
    numbers, spec, run = submission.numbers, submission.spec, submission.run
    rules, cut = _judged(submission, limits.network)
    figures = _figures(run, recomputed, limits) if run else None
    problems = (recomputed.problem,) if recomputed and recomputed.problem else ()
    return ClassRow(
        file=submission.file,
        author=claim.author or submission.author,
        kind=submission.kind,
        problem=submission.problem,
        notes=(*problems, *claim.problems, *cut, *submission.assumed),
        network=spec.name if spec else "",
        params=numbers and numbers.params,
        receptive_field=numbers and numbers.receptive_field,
        receptive_field_with_pooling=numbers and numbers.receptive_field_with_pooling,
        macs=numbers and numbers.macs,
        coverage=numbers and numbers.coverage,
        params_margin=numbers and limits.network.params_below - 1 - numbers.params,
        field_margin=numbers and numbers.receptive_field - limits.network.receptive_field_above - 1,
        passed=all_required_pass(rules) if spec else None,
        rules=rules,
        run=figures,
        claimed=Claimed(
            params=claim.params,
            receptive_field=claim.receptive_field,
            accuracy=claim.accuracy and claim.accuracy.share,
        ),
        verdicts=_verdicts(claim, numbers, figures),
        identical=letter,
    )


def suited_reading(submission: Submission, limits: RuleLimits) -> Reading | None:
    """The way to cut a printed text into blocks by which most rules are met; None where a file labels its blocks."""

    def met(reading: Reading) -> int:
        return sum(rule.passed for rule in judge(reading.spec, limits) if rule.required)

    return max(submission.readings, key=met, default=None)


def _judged(submission: Submission, limits: RuleLimits) -> tuple[tuple[RuleResult, ...], tuple[str, ...]]:
    """The rules, and a sentence on how blocks were cut where that is open."""
    if submission.spec is None:
        return (), ()
    reading = suited_reading(submission, limits)
    if reading is None:
        return judge(submission.spec, limits), ()
    told = f"The text does not tell where blocks end. They are cut {reading.cut}: no other way meets more rules."
    return judge(reading.spec, limits), (told,)


def _figures(run: PackagedRun, recomputed: Recomputed | None, limits: ClassLimits) -> RunFigures:
    anew = recomputed.accuracy if recomputed else None
    judged = PackagedRun(run.config, run.test_accuracy if anew is None else anew)
    rules = judge_run(judged, limits.run)
    has_failed = any(rule.judged and not rule.passed for rule in rules)
    passed = None if not has_failed and any(not rule.judged for rule in rules) else not has_failed
    return RunFigures(
        dataset=run.config.dataset,
        protocol=run.config.training.protocol,
        epochs_planned=run.config.training.epochs,
        test_accuracy=run.test_accuracy,
        recomputed_accuracy=anew,
        recomputed_images=recomputed.images if recomputed else 0,
        rules=rules,
        passed=passed,
    )


def _verdicts(claim: Claim, numbers: ArchitectureDescription | None, run: RunFigures | None) -> Verdicts:
    field: FieldVerdict | None = None
    if numbers and claim.receptive_field is not None:
        field = "wrong"
        if claim.receptive_field == numbers.receptive_field:
            field = "right"
        elif claim.receptive_field == numbers.receptive_field_with_pooling:
            field = "with the pooling"
    known = None if run is None else run.test_accuracy if run.recomputed_accuracy is None else run.recomputed_accuracy
    return Verdicts(
        params=None if not numbers or claim.params is None else "right" if claim.params == numbers.params else "wrong",
        receptive_field=field,
        accuracy=None
        if known is None or claim.accuracy is None
        else "right"
        if _says(claim.accuracy, known)
        else "wrong",
    )


def _says(claimed: Accuracy, known: float) -> bool:
    # A hair more: 0.0005 is no binary number.
    return abs(claimed.share - known) <= max(claimed.half_step, LEAST_TOLERANCE) + 1e-9


def _assigned(submissions: Sequence[Submission], claims: Claims) -> tuple[dict[str, Claim], tuple[str, ...]]:
    """The claim of each file, and a sentence on every line that belongs to none.

    A line finds its file by its name, with all its folders, some or more of them, or else by its author; cases do not
    matter.
    """
    found: dict[str, Claim] = {}
    notes = list(claims.notes)
    for claim in claims.claims:
        who, files = _files_meant(submissions, claim)
        if len(files) != 1:
            reason = "is none of the files here" if not files else f"may be {len(files)} of the files here"
            notes.append(f"Claims, line {claim.line}: {who} {reason}, so the line is left aside.")
        elif files[0] in found:
            notes.append(
                f"Claims, line {claim.line}: {files[0]} has line {found[files[0]].line} already, so this one is left "
                "aside."
            )
        else:
            found[files[0]] = claim
    return found, tuple(notes)


def _files_meant(submissions: Iterable[Submission], claim: Claim) -> tuple[str, list[str]]:
    """Whom a line names, in words, and the files that this may be."""
    if claim.file:
        wanted = claim.file.replace("\\", "/").removeprefix("./").casefold()
        files = [each.file for each in submissions]
        ways = (
            [file for file in files if file.casefold() == wanted],
            [file for file in files if file.casefold().endswith(f"/{wanted}")],
            [file for file in files if wanted.endswith(f"/{file.casefold()}")],
        )
        return repr(claim.file[:80]), next(filter(None, ways), [])
    wanted = claim.author.casefold()
    return repr(claim.author[:80]), [each.file for each in submissions if each.author.casefold() == wanted and wanted]


def _groups(submissions: Sequence[Submission], authors: Mapping[str, str]) -> tuple[IdenticalGroup, ...]:
    alike: dict[object, list[Submission]] = {}
    for each in submissions:
        if each.spec is not None:
            alike.setdefault(network_identity(each.spec), []).append(each)
    groups: list[IdenticalGroup] = []
    for members in alike.values():
        assert members[0].spec is not None
        presets = same_presets(members[0].spec)
        if len(members) == 1 and not presets:
            continue
        by = dict.fromkeys(authors.get(each.file) or each.author for each in members)
        files = tuple(each.file for each in members)
        groups.append(IdenticalGroup(letter=_letter(len(groups)), files=files, authors=tuple(by), presets=presets))
    return tuple(groups)


def _letter(number: int) -> str:
    """A, B, ..., Z, AA, AB, ..."""
    letters = ""
    number += 1
    while number:
        number, place = divmod(number - 1, 26)
        letters = ascii_uppercase[place] + letters
    return letters
