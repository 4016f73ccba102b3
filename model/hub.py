"""Models of the Hugging Face hub: fetched where the user names one, pushed where the user asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from phoihop.data.errors import PhoihopError

_NAME = re.compile(r"[a-z0-9][\w.-]*/[a-z0-9][\w.-]*", re.ASCII | re.IGNORECASE)
_LONGEST = 300  # characters of the hub's own words in a message


def is_hub_name(name: str) -> bool:
    """Whether a name can only be a model of the hub, ``owner/name``: a folder of that name comes first."""
    return not Path(name).exists() and _NAME.fullmatch(name) is not None


def fetch(name: str, files: Sequence[str], instead: str, revision: str | None = None) -> Path:
    """The folder in the hub's cache that holds a model's newest files, fetched unless they are there; without a
    network those that were fetched last.

    Args:
        name: ``owner/name``.
        files: patterns of the files that are wanted.
        instead: what the user can do without the hub, the end of the error's sentence.
        revision: a branch, tag or commit instead of the newest.

    Raises:
        PhoihopError: no network, no such model, no access.
    """
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(files), revision=revision))
    except Exception as error:  # no network, no such model, no access: the library has a type for each
        raise PhoihopError(
            f"{name}: no such folder, and the model hub did not give it ({_reason(error)}); {instead}"
        ) from None


def push(
    folder: Path,
    name: str,
    files: Sequence[str],
    private: bool = False,
    token: str | None = None,
    message: str | None = None,
) -> str:
    """Upload a folder's files to the hub as one commit, the model made there unless it is; files of the same
    names that the folder lacks go there.

    Args:
        folder: where the files lie.
        name: ``owner/name``.
        files: patterns of the files that go up.
        private: whether a model that is made now is seen by its owner alone; else it is as the owner's models are.
        token: an access token; that of ``hf auth login`` or ``$HF_TOKEN`` unless given.
        message: of the commit.

    Returns:
        the address of the commit.

    Raises:
        PhoihopError: the name is none, the hub refuses, or the model is there already for all to see and ``private``
            is asked for.
    """
    if _NAME.fullmatch(name) is None:
        raise PhoihopError(f"{name}: no name of a hub model; write it as owner/name")
    from huggingface_hub import HfApi

    api = HfApi(token=token)
    try:
        api.create_repo(name, private=private or None, exist_ok=True)
        if private and not api.repo_info(name).private:
            raise PhoihopError(
                f"{name}: there already, for all to see; make it private on the hub, or leave out private"
            )
        done = api.upload_folder(
            repo_id=name,
            folder_path=folder,
            allow_patterns=list(files),
            delete_patterns=list(files),
            commit_message=message or "Upload a phoihop model",
        )
    except PhoihopError:
        raise
    except Exception as error:
        raise PhoihopError(
            f"{name}: the model hub did not take it ({_reason(error)}); check the name, the network and the access "
            "token (`hf auth login`)"
        ) from None
    return str(done.commit_url)


def _reason(error: Exception) -> str:
    """What the hub itself said, else what the library says, in one line."""
    told = getattr(error, "server_message", None) or str(error)
    lines = (line.strip() for line in told.splitlines())
    told = " ".join(line for line in lines if line and not line.startswith("For more information"))
    return (told if len(told) <= _LONGEST else told[: _LONGEST - 1] + "…").rstrip(". ")
