"""What a class's table amounts to, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from cifar_core.classroom.table import ClassTable, FieldVerdict, IdenticalGroup
from cifar_core.words import counted

FIELD_WORDS: dict[FieldVerdict, str] = {
    "right": "right",
    "with the pooling": "right only with the pooling window counted",
    "wrong": "wrong",
}


def summary(table: ClassTable) -> tuple[str, ...]:
    """How many there are and meet the rules, how much of what was said is right, and who has the same network."""
    judged = [row for row in table.rows if row.passed is not None]
    met = sum(row.passed is True for row in judged)
    first = f"{counted(len(judged), 'network')} in {counted(len(table.rows), 'file')}: {met} meet the network rules"
    unread = len(table.rows) - len(judged)
    if unread:
        first += f", {len(judged) - met} do not, and {counted(unread, 'file')} could not be read"
    elif judged:
        first += f", {len(judged) - met} do not"
    fields = {FIELD_WORDS[verdict]: number for verdict, number in table.stated_fields().items()}
    claims = (
        _stated("receptive field", fields),
        _stated("parameter count", _tallied([row.verdicts.params for row in judged])),
        _stated("accurac", _tallied([row.verdicts.accuracy for row in judged]), ("y", "ies")),
    )
    return (f"{first}.", *filter(None, claims), *map(group_sentence, table.identical))


def group_sentence(group: IdenticalGroup) -> str:
    """Who has the same network as whom."""
    named = " and ".join(group.presets)
    preset = f"the preset{'s' if len(group.presets) > 1 else ''} {named} and " if named else ""
    by = f" (by {', '.join(group.authors)})" if len(group.authors) > 1 or len(group.files) > 1 else ""
    return f"Same network {group.letter}: {preset}{', '.join(group.files)}{by}."


def _tallied(verdicts: Sequence[str | None]) -> dict[str, int]:
    return {word: verdicts.count(word) for word in ("right", "wrong")}


def _stated(noun: str, tally: dict[str, int], endings: tuple[str, str] = ("", "s")) -> str:
    """How much of what was stated is right: "9 stated fields: 4 right, 5 wrong."; empty where nothing was."""
    total = sum(tally.values())
    if not total:
        return ""
    parts = ", ".join(f"{number} {word}" for word, number in tally.items() if number)
    return f"{total} stated {noun}{endings[total > 1]}: {parts}."
