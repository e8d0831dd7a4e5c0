"""What a person writes about a run for its report: its target, and an analysis of their own."""

from __future__ import annotations

from dataclasses import dataclass

from cifar_core.errors import SpecError
from cifar_core.runs.finding import RunFinder
from cifar_core.runs.tables import ReportTextRow
from cifar_core.words import without_control_signs

MAX_TEXT = 10_000


@dataclass(frozen=True, slots=True)
class ReportText:
    """A person's words; empty for none."""

    target: str = ""
    analysis: str = ""


class ReportTexts(RunFinder):
    """Keeps a text with each run; it goes when the run is purged."""

    def report_text(self, run_id: str) -> ReportText:
        """What was written about a run."""
        with self._database.reading() as session:
            row = session.get(ReportTextRow, run_id)
            return ReportText() if row is None else ReportText(row.target, row.analysis)

    def set_report_text(self, run_id: str, text: ReportText, before: ReportText | None = None) -> None:
        """Keeps a text in place of the one before.

        Args:
            run_id: the run.
            text: both parts of it.
            before: what the writer saw: of a part that `text` leaves as it was, what somebody wrote meanwhile stays.

        Raises:
            SpecError: there is no such run, a text is longer than 10,000 characters, or a part that it changes is
                another one than in `before` by now.
        """
        for what, words in (("target", text.target), ("analysis", text.analysis)):
            if len(words) > MAX_TEXT:
                raise SpecError(f"The {what} has {len(words):,} characters: at most {MAX_TEXT:,} are kept.")
        (whole_id,) = self.find_ids([run_id])
        target, analysis = (without_control_signs(words).strip() for words in (text.target, text.analysis))
        with self._database.writing() as session:
            row = session.get(ReportTextRow, whole_id)
            now = ReportText() if row is None else ReportText(row.target, row.analysis)
            if before is not None:
                target = _merged("target", target, before.target, now.target)
                analysis = _merged("analysis", analysis, before.analysis, now.analysis)
            session.merge(ReportTextRow(run_id=whole_id, target=target, analysis=analysis))


def _merged(what: str, words: str, before: str, now: str) -> str:
    """A part of the text after a change, which another writer may have changed meanwhile."""
    if words == before:
        return now
    if before != now:
        raise SpecError(f"The {what} was changed meanwhile. Yours was not kept; it said: {words}")
    return words
