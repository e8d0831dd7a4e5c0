"""What can go wrong, told to a person in one sentence.

    LabError
    ├── SpecError      the request is wrong: a value, a name, a file's contents
    ├── DataError      the data set or an image cannot be read
    ├── StoreError     the run store or a run's file cannot be read or written
    └── TrainingError  a training step failed: non-finite loss, out of memory

The command line prints the sentence and exits 2 for a SpecError and 1 for the others; a page shows it in a box.
"""


class LabError(Exception):
    """One sentence that says what was wrong and what is allowed or to be done; never shown with a traceback."""


class SpecError(LabError):
    """The request itself is wrong: the person can correct it."""


class DataError(LabError):
    """A data set or an image is missing, damaged or too large."""


class StoreError(LabError):
    """The run store, or a file of a run, cannot be read or written."""


class TrainingError(LabError):
    """Training could not go on."""
