"""``phoihop data``: annotated articles themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from phoihop.data.schema import Schema
from phoihop.data.text import write_text

app = typer.Typer(help="Look after annotated articles.", no_args_is_help=True, rich_markup_mode="rich")


@app.callback()
def _data() -> None:
    """Look after annotated articles."""


@app.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Annotated articles: files or folders.", show_default=False),
    ],
    schema: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Labels and relations that may occur; by default the package's."),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE|-", help="Write the report as JSON; - prints it instead."),
    ] = None,
) -> None:
    """Check annotated articles before training on them.

    Counts labels and relations, then lists what is wrong or worth a look.
    Each path is a split; a folder that holds train, dev or test is several,
    and articles that two splits share are found. The exit code is 1 when
    there are errors, 0 when there are warnings at most.

    \b
    [bold]Examples[/bold]
      phoihop data check data/articles
      phoihop data check my/train my/dev --schema my.toml
    """
    from phoihop.data.check import check_paths

    report = check_paths(paths, None if schema is None else Schema.load(schema))
    as_json = json.dumps(report.to_dict(), ensure_ascii=False, indent=2) + "\n"
    if json_file is not None and json_file != Path("-"):
        write_text(json_file, as_json)
    typer.echo(as_json if json_file == Path("-") else "\n".join(report.lines()) + "\n", nl=False)
    if report.exit_code:
        raise typer.Exit(report.exit_code)
