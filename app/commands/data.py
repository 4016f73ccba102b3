"""``phoihop data``: annotated articles themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from phoihop.app.commands.common import read_annotated
from phoihop.app.commands.label import label
from phoihop.data.schema import Schema
from phoihop.data.text import write_text

app = typer.Typer(help="Look after annotated articles.", no_args_is_help=True, rich_markup_mode="rich")

PathsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PATH", help="Annotated articles: files or folders.", show_default=False),
]
SchemaOption = Annotated[
    Path | None,
    typer.Option(
        "--schema", metavar="FILE", help="Labels and relations that may occur; by default the package's."
    ),
]
JsonOption = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE|-", help="Write the figures as JSON; - prints them instead."),
]


@app.callback()
def _data() -> None:
    """Look after annotated articles."""


@app.command()
def check(paths: PathsArgument, schema: SchemaOption = None, json_file: JsonOption = None) -> None:
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

    report = check_paths(paths, _schema(schema))
    _show(report.lines(), report.to_dict(), json_file)
    if report.exit_code:
        raise typer.Exit(report.exit_code)


@app.command()
def variety(paths: PathsArgument, schema: SchemaOption = None, json_file: JsonOption = None) -> None:
    """Measure how varied annotated articles are.

    Counts the distinct mentions of each label, those that a split has and
    the splits before it have not, the wording that repeats from article to
    article, and names the articles most alike. Paths are splits as in check.

    \b
    [bold]Examples[/bold]
      phoihop data variety data/articles
      phoihop data variety my/train my/test
    """
    from phoihop.data.splits import read_splits
    from phoihop.data.variety import measure

    found = measure(read_splits(paths, _schema(schema)))
    _show(found.lines(), found.to_dict(), json_file)


@app.command()
def agree(
    first: Annotated[
        Path, typer.Argument(metavar="FIRST", help="One annotation: a file or folder.", show_default=False)
    ],
    second: Annotated[
        Path,
        typer.Argument(metavar="SECOND", help="Another annotation of the same articles.", show_default=False),
    ],
    schema: SchemaOption = None,
    differences: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="List the first N differences in entities and in relations."),
    ] = 0,
    json_file: JsonOption = None,
) -> None:
    """Compare two annotations of the same articles.

    The F1 of entities and relations says how far two annotators agree; it
    is the same whichever comes first. Articles are paired by name, and only
    those that both annotated are compared.

    \b
    [bold]Example[/bold]
      phoihop data agree by-an/ by-binh/ --differences 50
    """
    from phoihop.eval.agreement import compare_annotations
    from phoihop.eval.report import report

    result = compare_annotations(
        read_annotated([first], _schema(schema)), read_annotated([second], _schema(schema))
    )
    _show(report(result, differences).splitlines(), result.to_dict(), json_file)


@app.command()
def records(
    paths: PathsArgument,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace records that are there.")] = False,
) -> None:
    """Put the officials and agreements of annotated articles together.

    Writes ID.records.json beside each article ID.ann.md, made from its
    marks. Read them through: what an article means but no mark says is for
    the annotator to add.

    \b
    [bold]Example[/bold]
      phoihop data records data/articles/dev data/articles/test
    """
    from phoihop.model.records.files import write_missing_records

    written = write_missing_records(paths, overwrite)
    typer.echo(f"{written} files written")


app.command("label")(label)


def _schema(path: Path | None) -> Schema | None:
    return None if path is None else Schema.load(path)


def _show(lines: list[str], figures: dict[str, Any], json_file: Path | None) -> None:
    """The figures as text, or as JSON where that is asked for on the terminal; also into a file."""
    as_json = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if json_file is not None and json_file != Path("-"):
        write_text(json_file, as_json)
    typer.echo(as_json if json_file == Path("-") else "\n".join(lines) + "\n", nl=False)
