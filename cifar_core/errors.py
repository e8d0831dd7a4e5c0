"""What can go wrong, told to a person in one sentence.

    LabError
    ├── SpecError      the request is wrong: a value, a name, a file's contents
    ├── DataError      the data set or an image cannot be read
    ├── StoreError     the run store or a run's file cannot be read or written
    ├── TrainingError  a training step failed: non-finite loss, out of memory
    ├── ExportError    a run cannot leave in some format: a package is missing, or the file failed its check
    └── BenchError     a benchmark cannot measure what it is meant to

The command line prints the sentence and exits 2 for a SpecError and 1 for the others; a page shows it in a box.
"""

MAX_FOREIGN = 500
"""Characters of a foreign error that are told."""


class LabError(Exception):
    """One sentence that says what was wrong and what is allowed or to be done; never shown with a traceback."""


def foreign_sentence(error: Exception) -> str:
    """One line on an error that is none of these; where it was raised stands in a log."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:MAX_FOREIGN]


class SpecError(LabError):
    """The request itself is wrong: the person can correct it."""


class DataError(LabError):
    """A data set or an image is missing, damaged or too large."""


class StoreError(LabError):
    """The run store, or a file of a run, cannot be read or written."""


class TrainingError(LabError):
    """Training could not go on."""


class ExportError(LabError):
    """A run cannot leave in some format: a package is missing, or the file does not do what the network does."""


class BenchError(LabError):
    """A benchmark cannot measure what it is meant to: no figure is better than a wrong one."""
