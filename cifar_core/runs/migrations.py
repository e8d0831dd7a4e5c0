"""From an older store to this version's: each step is run once, in the transaction that writes the new version."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy import Connection, text, update

from cifar_core.errors import SpecError
from cifar_core.runs.config import RunConfig
from cifar_core.runs.rows import derived_columns
from cifar_core.runs.tables import RunRow


def _derive_columns(connection: Connection) -> None:
    """Tells each run's configuration in columns; one that cannot be read stays alone in its family."""
    for run_id, told in connection.execute(text("SELECT id, config_json FROM run")).all():
        try:
            columns = derived_columns(RunConfig.parse(told))
        except SpecError as error:
            logging.getLogger(__name__).warning("The configuration of run %s cannot be read: %s", run_id, error)
            columns = {"family": run_id}
        connection.execute(update(RunRow).where(RunRow.id == run_id).values(columns))


Step = str | Callable[[Connection], None]

_STEPS: dict[int, tuple[Step, ...]] = {
    1: (
        "ALTER TABLE run ADD COLUMN watched_json TEXT",
        "ALTER TABLE run ADD COLUMN parent_id VARCHAR(40)",
        "ALTER TABLE run ADD COLUMN group_id VARCHAR(40)",
        "ALTER TABLE run ADD COLUMN launch_key VARCHAR(64)",
        "ALTER TABLE run ADD COLUMN queue_position INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN spent_seconds DOUBLE PRECISION NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN beat INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE epoch_metric ADD COLUMN probabilities_json TEXT",
        "CREATE INDEX run_by_group ON run (group_id)",
        "CREATE INDEX run_by_place ON run (queue_position)",
        "UPDATE run SET spent_seconds = COALESCE((SELECT SUM(seconds) FROM epoch_metric WHERE run_id = run.id), 0)",
        # What waits keeps its order: the older of two had fewer runs before it.
        "UPDATE run SET queue_position = (SELECT COUNT(*) FROM run AS other WHERE other.created_at < run.created_at "
        "OR (other.created_at = run.created_at AND other.id <= run.id))",
    ),
    2: (
        "ALTER TABLE store_info ADD COLUMN has_examples BOOLEAN NOT NULL DEFAULT FALSE",
        "ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN tags_json TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE run ADD COLUMN deleted_at TIMESTAMP",
        "ALTER TABLE run ADD COLUMN size_bytes BIGINT",
        "ALTER TABLE run ADD COLUMN origin VARCHAR(16) NOT NULL DEFAULT 'trained'",
        "ALTER TABLE run ADD COLUMN family VARCHAR(64) NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN dataset VARCHAR(16) NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN protocol VARCHAR(16) NOT NULL DEFAULT ''",
        "ALTER TABLE run ADD COLUMN train_images INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE run ADD COLUMN meets_rules BOOLEAN NOT NULL DEFAULT FALSE",
        "CREATE INDEX run_by_league ON run "
        "(deleted_at, dataset, protocol, train_images, best_accuracy, test_accuracy, created_at, id)",
        "CREATE INDEX run_by_family ON run (deleted_at, family, created_at, state, best_accuracy, test_accuracy)",
        "CREATE INDEX run_by_tags ON run (deleted_at, tags_json)",
        # Whoever has runs of his own is no newcomer, also after they are purged.
        "UPDATE store_info SET has_examples = TRUE WHERE EXISTS (SELECT 1 FROM run)",
    ),
    # A family is told by everything in a configuration: with a field more in its specs, older runs would stand apart.
    3: (_derive_columns,),
    4: (),
    5: (
        "ALTER TABLE run ADD COLUMN sweep_id VARCHAR(40)",
        "ALTER TABLE run ADD COLUMN sweep_trial INTEGER",
        "CREATE INDEX run_by_sweep ON run (sweep_id, sweep_trial)",
        _derive_columns,
    ),
}
"""What leads from a version to the next. New tables are made by `create_all`."""


def migrate(connection: Connection, version: int) -> None:
    """Brings the tables of a store up to date.

    Args:
        connection: in a transaction that holds the write lock.
        version: of the store, at least 1.
    """
    while version in _STEPS:
        for step in _STEPS[version]:
            if isinstance(step, str):
                connection.execute(text(step))
            else:
                step(connection)
        version += 1
