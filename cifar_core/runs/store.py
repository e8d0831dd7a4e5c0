"""RunStore: what is known about every run. The database row is authoritative; files lie in the run's folder."""

from __future__ import annotations

from pathlib import Path

from cifar_core.architecture import ArchitectureSpec
from cifar_core.data import AugmentationSpec
from cifar_core.runs.adoption import RunAdoption
from cifar_core.runs.beats import BeatWatch
from cifar_core.runs.catalogue import RunCatalogue
from cifar_core.runs.database import Database
from cifar_core.runs.keeping import RunKeeping
from cifar_core.runs.lease import DeviceLeases
from cifar_core.runs.queue import RunQueue
from cifar_core.runs.report_texts import ReportTexts
from cifar_core.runs.reports import OwnerReports
from cifar_core.runs.saved import SavedSpecs, saved_architectures, saved_augmentations
from cifar_core.runs.sweep_rows import SweepRows
from cifar_core.runs.trials import Trials
from cifar_core.settings import runs_folder, sqlite_url, store_url


class RunStore(RunQueue, RunCatalogue, RunKeeping, RunAdoption, SweepRows, OwnerReports, ReportTexts):
    """The runs of one database and one folder. Safe to use from several threads and processes."""

    def __init__(self, url: str | None = None, folder: Path | None = None) -> None:
        """Opens the store; by default the one that the environment names.

        Raises:
            SpecError: the URL is unusable.
            StoreError: the database or its folder cannot be opened.
        """
        self.folder = (folder or runs_folder()).resolve()
        self.url = url or (sqlite_url(self.folder) if folder else store_url())
        self._database = Database(self.url)
        self._watch = BeatWatch()
        self.leases = DeviceLeases(self._database)
        """Who may train on which device."""
        self.trials = Trials(self._database)
        """What short trials measured."""
        self.architectures: SavedSpecs[ArchitectureSpec] = saved_architectures(self._database)
        """Networks that were saved by name."""
        self.augmentations: SavedSpecs[AugmentationSpec] = saved_augmentations(self._database)
        """Augmentations that were saved by name."""

    def close(self) -> None:
        """Closes the database connections."""
        self._database.close()

    def run_folder(self, run_id: str) -> Path:
        """Where a run's files lie. Ids are generated, so no person's text ever becomes a path."""
        return self.folder / run_id
