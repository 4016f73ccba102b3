"""The ``phoihop`` command: its sub-commands, and what becomes of errors.

A command raises :class:`PhoihopError` for whatever the user can mend; here it becomes one line on
the error stream and exit code 2.  A new command is a function in ``app/commands/`` and a line below.
"""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from phoihop.app.commands import data, evaluate, export, predict, pretrain, push, search, train, version
from phoihop.app.messages import complain
from phoihop.data.errors import PhoihopError


class _Group(TyperGroup):
    """Commands whose errors are meant for the user end without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except PhoihopError as error:
            complain(str(error))
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            complain("interrupted")
            raise typer.Exit(130) from None


app = typer.Typer(
    name="phoihop",
    cls=_Group,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _top(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=version.show, is_eager=True, help="Print the versions and leave."),
    ] = False,
) -> None:
    """Officials and agreements from Vietnamese news, each with its place in the text."""


app.command("predict")(predict.predict)
app.command("evaluate")(evaluate.evaluate)
app.command("train")(train.train)
app.command("search")(search.search)
app.command("pretrain")(pretrain.pretrain)
app.command("export")(export.export)
app.command("push")(push.push)
app.add_typer(data.app, name="data")
app.command("version")(version.version)


def main() -> None:
    """Run the command line; exit code 0, 1 (``data check`` found errors), 2 (bad input) or 130 (Ctrl-C)."""
    for stream in (sys.stdout, sys.stderr):
        # UTF-8 whatever the locale says; file names that are not come out as \\udc.., which JSON can read.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
