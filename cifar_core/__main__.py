"""`python -m cifar_core`."""

from __future__ import annotations

import sys

from cifar_core.cli.commands import run_command_line


def main() -> None:
    """Runs the command line on this process's arguments and exits with its status."""
    sys.exit(run_command_line(sys.argv[1:]))


if __name__ == "__main__":
    main()
