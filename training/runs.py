"""What a run folder says of its run, and whether it may be gone on with."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError

CONFIG_FILE, DATA_FILE, VERSIONS_FILE = "config.json", "data.json", "versions.json"
CHECKPOINTS = "checkpoints"


def versions() -> dict[str, str]:
    """Python and the packages that a result depends on."""
    found = {"python": platform.python_version()}
    for name in ("phoihop", "torch", "transformers", "accelerate", "tokenizers", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def data_digest(
    train: Sequence[Document], dev: Sequence[Document], silver: Sequence[Document] = ()
) -> dict[str, Any]:
    """Counts and SHA-256 of the annotated articles, texts and marks, in their order."""
    out: dict[str, Any] = {}
    parts = {"train": train, "dev": dev} | ({"silver": silver} if silver else {})
    for name, documents in parts.items():
        digest = hashlib.sha256()
        for d in documents:
            row = [d.id, d.text, sorted(d.entity_keys()), sorted(map(repr, d.relation_keys()))]
            digest.update(json.dumps(row, ensure_ascii=False).encode())
        out[name] = {
            "articles": len(documents),
            "entities": sum(len(d.entities) for d in documents),
            "relations": sum(len(d.relations) for d in documents),
            "sha256": digest.hexdigest(),
        }
    return out


def write_json(path: Path, data: Any) -> None:
    """Write readable UTF-8 JSON."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def check_same_run(
    output: Path, resume: bool, settings: Mapping[str, Any], data: Mapping[str, Any], made: Sequence[str] = ()
) -> None:
    """Make the run folder, or see that an interrupted one was started with the same settings and data.

    ``made`` names files that a run makes before its first checkpoint: a run that ended there may begin again.

    Raises:
        PhoihopError: a folder in use without ``resume``; with it, no checkpoint, a file missing or a
            difference.
    """
    if not resume:
        if _in_use(output, made):
            raise PhoihopError(
                f"{output}: the run folder is not empty; choose another, or --resume an interrupted run"
            )
        output.mkdir(parents=True, exist_ok=True)
        write_json(output / CONFIG_FILE, settings)
        write_json(output / DATA_FILE, data)
        write_json(output / VERSIONS_FILE, versions())
        return
    if not has_checkpoint(output):
        raise PhoihopError(f"{output}: no checkpoint to resume from; start the run without --resume")
    for name, now in ((CONFIG_FILE, settings), (DATA_FILE, data)):
        before = _read_json(output / name)
        for key in sorted(set(before) | set(now)):
            if before.get(key) != json.loads(json.dumps(now.get(key))):
                raise PhoihopError(
                    f"{output}: {name} differs in {key!r} from what this run was started with; "
                    "resume with the same settings and articles"
                )


def has_checkpoint(output: Path) -> bool:
    """Whether the run came so far that it can be gone on with."""
    return any((output / CHECKPOINTS).glob("checkpoint-*"))


def _in_use(output: Path, made: Sequence[str]) -> bool:
    """Whether the folder holds anything but what a run leaves that stopped before its first checkpoint."""
    if not output.is_dir():
        return output.exists()
    known = {CONFIG_FILE, DATA_FILE, VERSIONS_FILE, CHECKPOINTS, *made}
    found = {p.name for p in output.iterdir()}
    begun = not found or {CONFIG_FILE, DATA_FILE} <= found <= known
    return not begun or has_checkpoint(output)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise PhoihopError(f"{path}: missing or damaged, so the run cannot be resumed; start a new one")
    return found
