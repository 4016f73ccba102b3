"""``phoihop version``: what is installed."""

from __future__ import annotations

import json
import platform
from importlib import metadata, resources

import typer

from phoihop import __version__


def version() -> None:
    """Print the versions of phoihop and of what it runs on."""
    for line in lines():
        typer.echo(line)


def show(asked: bool) -> None:
    """The same for the option ``--version``, which ends the command."""
    if asked:
        version()
        raise typer.Exit


def lines() -> list[str]:
    """One line each: phoihop, Python, ONNX Runtime, torch, the model that comes along."""
    return [
        f"phoihop {__version__}",
        f"python {platform.python_version()}",
        *(f"{name} {_installed(name)}" for name in ("onnxruntime", "torch")),
        f"default model: {_default_model()}",
    ]


def _installed(name: str) -> str:
    """The version from the package's metadata; importing torch would take seconds."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _default_model() -> str:
    card = resources.files("phoihop.model") / "weights" / "default" / "model.json"
    if not card.is_file():
        return "not in this installation"
    try:
        about = json.loads(card.read_text(encoding="utf-8"))["about"]
        facts = {**about, **{f"dev {key}": value for key, value in about.get("dev", {}).items()}}
        plain = [f"{key} {value}" for key, value in facts.items() if isinstance(value, int | float | str)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"damaged card ({card}); install phoihop again"
    return ", ".join(plain).replace("_", " ") or "says nothing of itself"
