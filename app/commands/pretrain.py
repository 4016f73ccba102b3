"""``phoihop pretrain``: an encoder from raw text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phoihop.app.commands.common import needs_extra, read_settings


def pretrain(
    text_paths: Annotated[
        list[Path],
        typer.Option(
            "--text",
            metavar="PATH",
            help="Raw text: .txt, .jsonl or .jsonl.zst files, or folders of them; may be repeated.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder of the new encoder.", show_default=False),
    ],
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="A recipe (TOML); without it the default one."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated."),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
) -> None:
    """Learn a small encoder from raw text (needs the extra [bold]train[/bold]).

    \b
    [bold]Examples[/bold]
      phoihop pretrain --text corpus/ --output encoders/mine --set minutes=30
      phoihop pretrain --text corpus/ --output encoders/mine --set minutes=30 --resume
      phoihop train --encoder encoders/mine --train my/train --output runs/mine
    """
    with needs_extra("train"):
        from phoihop.training.config import PretrainConfig
        from phoihop.training.pretrain import pretrain as run
        from phoihop.training.processes import leave_processes

        report = run(PretrainConfig.load(config, read_settings(settings)), text_paths, output, resume)
        leave_processes()
    for name, value in report.items():
        if isinstance(value, int | float):
            typer.echo(f"  {name}: {value}")
    if report:
        typer.echo(f"done: {output}")
