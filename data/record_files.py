"""Records in files of their own: ``<id>.records.json`` beside the article."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phoihop.data.errors import PhoihopError
from phoihop.data.records import Records
from phoihop.data.text import read_text, write_text


def read_records(path: str | Path) -> Records:
    """Officials and agreements from ``*.records.json``.

    Raises:
        PhoihopError: the file cannot be read, is no JSON, or a field is missing or of the wrong type.
    """
    text = read_text(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise PhoihopError(f"{path}:{error.lineno}:{error.colno}: no JSON ({error.msg})") from None
    if not isinstance(data, dict):
        raise PhoihopError(f"{path}: expected an object with 'officials' and 'agreements'")
    try:
        for key, name in (("officials", "name"), ("agreements", "kind")):
            _check_items(data, key, name)
        return Records.from_dict(data)
    except KeyError as error:
        raise PhoihopError(f"{path}: field {error} is missing") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise PhoihopError(f"{path}: a field is of the wrong type: {error}") from None


def _check_items(data: Mapping[str, Any], key: str, name: str) -> None:
    """Refuse what :meth:`Records.from_dict` would take for granted."""
    for item in data[key]:
        if not isinstance(item[name], str):
            raise TypeError(f"{name!r} of {key} is {item[name]!r}, not a string")
        for post in item.get("posts", ()):
            if not isinstance(post["title"], str) or not isinstance(post.get("unit"), str | None):
                raise TypeError(f"a post of {item[name]!r} is not made of strings")
        for field in ("rank", "signed_on"):
            if not isinstance(item.get(field), str | None):
                raise TypeError(f"{field!r} of {item[name]!r} is {item[field]!r}, not a string")
        parties = item.get("parties", [])
        if not isinstance(parties, list) or not all(isinstance(p, str) for p in parties):
            raise TypeError(f"'parties' of {item[name]!r} is no list of strings")


def write_records(records: Records, path: str | Path, ids: bool = True) -> None:
    """Write the records as indented JSON, with the ids of the mentions they rest on or without.

    Raises:
        PhoihopError: the file cannot be written.
    """
    write_text(path, json.dumps(records.to_dict(ids), ensure_ascii=False, indent=1) + "\n")
