"""``phoihop push``: a model to the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phoihop.app.commands.common import load_extractor
from phoihop.data.errors import PhoihopError


def push(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A model folder, trained or exported, such as RUN/model.")
    ],
    name: Annotated[
        str, typer.Argument(metavar="OWNER/NAME", help="The model on the hub; made unless it is there.")
    ],
    private: Annotated[
        bool,
        typer.Option("--private", help="Make it for your eyes only; refused where it is public already."),
    ] = False,
    message: Annotated[str | None, typer.Option("--message", metavar="TEXT", help="Of the commit.")] = None,
) -> None:
    """Upload a model to the Hugging Face hub; others then use it by its name.

    The access token is that of [bold]hf auth login[/bold], or $HF_TOKEN. The
    model is loaded first, so that nothing broken goes up.

    \b
    [bold]Example[/bold]
      phoihop push models/mine owner/mine --private
      phoihop predict article.txt --model owner/mine
    """
    if str(model) != "default" and not model.is_dir():
        raise PhoihopError(f"{model}: no such model folder; give one that training or export wrote")
    extractor = load_extractor([str(model)], "auto", None)
    typer.echo(f"uploaded: {extractor.push_to_hub(name, private, message=message)}")
