"""The command line: its group, its exit codes, and how errors are told."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from cifar_core import __version__
from cifar_core.cli.lazy_group import LazyGroup
from cifar_core.cli.printing import discard_output
from cifar_core.errors import LabError, SpecError

FAILED, BAD_USAGE, KEYBOARD = 1, 2, 130

_MODULES = {
    "presets": "describe",
    "describe": "describe",
    "import": "importing",
    "code": "code",
    "bench": "bench",
    "data": "data",
    "train": "train",
    "runs": "runs",
    "show": "runs",
    "stop": "runs",
    "resume": "train",
    "refit": "train",
    "seed": "seed",
    "sweep": "sweep",
    "sweeps": "sweeps",
    "delete": "keeping",
    "restore": "keeping",
    "purge": "keeping",
    "evaluate": "evaluate",
    "predict": "evaluate",
    "compare": "compare",
    "class": "classroom",
    "pack": "package",
    "unpack": "package",
    "report": "report",
    "export": "export",
}


@click.group(cls=LazyGroup, modules=_MODULES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="cifar_core")
def command_line() -> None:
    """CIFAR Lab: design, train and dissect compact CIFAR-10 networks.

    The dashboard starts with `streamlit run app.py`.
    """


def run_command_line(arguments: Sequence[str]) -> int:
    """Runs one command; errors become one line on stderr.

    Returns:
        The exit status: 0, 1 where the command failed, 2 where it was asked wrongly, 130 after Ctrl-C.
    """
    try:
        status = command_line.main(args=list(arguments), prog_name="python -m cifar_core", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        # Its own message is the whole help.
        group = error.ctx.command
        names = ", ".join(group.list_commands(error.ctx)) if isinstance(group, click.Group) else ""
        return _fail(f"Missing command: one of {names}. See `{error.ctx.command_path} --help`.", BAD_USAGE)
    except click.UsageError as error:
        hint = f" See `{error.ctx.command_path} --help`." if error.ctx else ""
        return _fail(error.format_message().rstrip(".") + "." + hint, BAD_USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), FAILED)
    except SpecError as error:
        return _fail(str(error), BAD_USAGE)
    except LabError as error:
        return _fail(str(error), FAILED)
    except (click.Abort, KeyboardInterrupt) as error:
        return _fail(str(error) or "Interrupted.", KEYBOARD)
    except (BrokenPipeError, SystemExit):
        # The reader (`| head`) has gone: not an error. Here click itself exits the program for this alone.
        discard_output(sys.stdout)
        return 0
    return status if isinstance(status, int) else 0


def _fail(sentence: str, status: int) -> int:
    click.echo("error: " + " ".join(sentence.split()), err=True)
    return status
