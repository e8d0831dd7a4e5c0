"""Writes docs/schemas/COMMAND.json from the models behind `--json`: `python -m tests.cli.write_schemas`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cifar_core.cli.outputs import OUTPUTS
from tests.tiny import PROJECT

FOLDER = PROJECT / "docs" / "schemas"


def schema(command: str) -> dict[str, Any]:
    return OUTPUTS[command].json_schema(mode="serialization")


def schema_file(command: str) -> Path:
    return FOLDER / f"{command.replace(' ', '-')}.json"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for command in OUTPUTS:
        schema_file(command).write_text(json.dumps(schema(command), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
