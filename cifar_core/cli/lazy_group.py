"""A group of commands that live in modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Imports a module when one of its commands is asked for: `describe` must not wait for what `train` needs."""

    def __init__(self, *args: Any, modules: Mapping[str, str], **kwargs: Any) -> None:
        """Makes the group.

        Args:
            args: of `click.Group`.
            modules: by command, the module in `cifar_core.cli` that holds it as `COMMAND_command`.
            kwargs: of `click.Group`.
        """
        super().__init__(*args, **kwargs)
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names, in the order of the table."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; None if there is none of that name."""
        if cmd_name not in self._modules:
            return None
        module = import_module(f"cifar_core.cli.{self._modules[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """What was asked for; refuses an unknown name with those that there are."""
        if args[0] not in self._modules and not ctx.resilient_parsing:
            ctx.fail(f"No such command {args[0]!r}: it must be one of {', '.join(self._modules)}.")
        return super().resolve_command(ctx, args)
