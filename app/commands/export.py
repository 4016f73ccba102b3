"""``phoihop export``: a trained model in the form that needs no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phoihop.app.commands.common import needs_extra


def export(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A trained model folder, such as RUN/model.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="DIR", help="Folder of the exported model.", show_default=False
        ),
    ],
    int8: Annotated[
        bool, typer.Option("--int8/--float", help="Store matrices as 8-bit integers, a quarter of the size.")
    ] = True,
) -> None:
    """Export a trained model to ONNX, for prediction without torch (needs the extra [bold]train[/bold]).

    \b
    [bold]Example[/bold]
      phoihop export runs/mine/model --output models/mine
      phoihop predict article.txt --model models/mine
    """
    with needs_extra("train"):
        from phoihop.training.export import export_onnx

        sizes = export_onnx(model, output, int8)
    for name, size in sizes.items():
        typer.echo(f"{size / 1e6:8.2f} MB  {output / name}")
