"""Ways to make a run package bad."""

from __future__ import annotations

from tests.runs.package.bad_archives import ARCHIVES
from tests.runs.package.bad_manifests import MANIFESTS
from tests.runs.package.bad_predictions import PREDICTIONS
from tests.runs.package.bad_specs import SPECS
from tests.runs.package.bad_weights import WEIGHTS

BAD_FILES = (ARCHIVES, MANIFESTS, SPECS, WEIGHTS, PREDICTIONS)
"""By name: how a whole package is made bad, and what the sentence says that refuses it."""
