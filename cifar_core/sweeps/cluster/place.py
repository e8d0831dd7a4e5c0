"""Where a sweep's trials are trained when it is not here, and what lies where in the folder that all machines share."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from pydantic import Field

from cifar_core.errors import SpecError
from cifar_core.spec_model import SpecModel
from cifar_core.sweeps.study import JOURNAL

INSTALL = "pip install -r requirements-ray.txt"
"""The one command that brings Ray."""


_PACKAGE = re.compile(r"trial-(\d{5,})\.cifarrun")


class ClusterPlace(SpecModel):
    """A Ray cluster as a sweep sees it."""

    address: Annotated[str, Field(pattern=r"^https?://[^\s/]+$", max_length=200)]
    """Of the cluster's dashboard, whose Jobs API takes the sweep: "http://head:8265"."""
    folder: Annotated[str, Field(pattern=r"^/", max_length=1_000)]
    """Shared by this machine and all of the cluster's, under the same absolute path."""
    python: Annotated[str, Field(min_length=1, max_length=1_000)] = "python"
    """What starts this project's Python there."""
    data: Annotated[str, Field(max_length=1_000)] | None = None
    """The data folder there; None where the machines' own CIFAR_LAB_DATA says it."""
    cpus: Annotated[float, Field(gt=0, le=1_024)] = 1
    """Processor cores that Ray keeps for a trial; it trains with as many threads."""
    gpus: Annotated[float, Field(ge=0, le=64)] = 0
    """GPUs that Ray keeps for a trial; a part of one lets several share it."""
    at_once: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Trials that train at once at most; None for as many as the cluster has room for."""


def has_ray() -> bool:
    """Whether Ray is installed here."""
    return find_spec("ray") is not None


def require_ray() -> None:
    """Raises SpecError, with the command that installs it, where Ray is missing."""
    if not has_ray():
        raise SpecError(f"A sweep on a cluster needs Ray, which is not installed: `{INSTALL}` brings it.")


class SweepFolder:
    """A sweep's part of the shared folder."""

    def __init__(self, shared: Path, sweep_id: str) -> None:
        self.path = shared / sweep_id
        self.spec = self.path / "sweep.json"
        """The SweepSpec, written before the job is submitted."""
        self.place = self.path / "place.json"
        """The ClusterPlace."""
        self.journal = self.path / JOURNAL
        """Optuna's trials, written by the job alone."""
        self.packages = self.path / "packages"
        """The runs that are completed, each written whole by the trial that trained it."""

    def package(self, number: int) -> Path:
        """Of a trial, counted from 0."""
        return self.packages / f"trial-{number:05}.cifarrun"

    def taken(self, number: int) -> Path:
        """Its name once its run is in the store: a run that a person throws away must not come back."""
        return self.packages / f"trial-{number:05}.taken"

    def packages_of(self, number: int) -> tuple[Path, Path]:
        """Where the package of a trial may be."""
        return self.package(number), self.taken(number)

    def arrived(self) -> list[tuple[int, Path]]:
        """Packages that are yet to be taken in, with the numbers of their trials."""
        found = ((_PACKAGE.fullmatch(path.name), path) for path in sorted(self.packages.glob("trial-*.cifarrun")))
        return [(int(match[1]), path) for match, path in found if match is not None]
