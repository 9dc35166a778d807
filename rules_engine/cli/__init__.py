"""The command line `o2o`: one file a command, each imported only when it is called.

Exit codes: 0 done, and the answer is yes; 1 the answer is no (findings, a failing fixture, a hold); 2 wrong use;
3 a system or a person must act (refused, not found, a port that is taken); 4 try again later.
"""

import importlib
import keyword
import sys
from typing import Final

import click

from rules_engine.cli.output import fail
from rules_engine.model.errors import Problem

COMMANDS: Final = (
    "demo", "serve", "check", "test", "coverage", "mutate", "fixture", "explain", "replay", "backtest", "convert",
    "publish", "suggest", "sweep", "approve", "refresh", "fields", "rates", "workspace", "schema", "format",
    "diff", "import", "export",
)  # fmt: skip


class Lazy(click.Group):
    """A group whose commands are modules of this package, so that `o2o check` does not load a web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = importlib.import_module(f"rules_engine.cli.{module}").command
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Problem as problem:
            fail(problem)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="opportunity-to-order", prog_name="o2o")
def main() -> None:
    """Opportunity to Order: your rules decide when an opportunity becomes a quote and a quote an order."""
    # Findings hold the author's own words, in any script; a terminal that cannot show them must not end the command.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
