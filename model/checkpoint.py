"""Loading a folder of torch weights so that every weight arrives or the user is told which does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phoihop.data.errors import PhoihopError


def load_weights(kind: Any, folder: Path, **options: Any) -> Any:
    """``kind.from_pretrained(folder)`` in float32, for a ``PreTrainedModel`` class or ``AutoModel``.

    ``options`` go to the model's constructor.

    Raises:
        PhoihopError: the folder's files are missing or damaged, or hold other weights than the model has;
            transformers alone would fill gaps with random numbers.
    """
    from transformers.utils import logging

    bar = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # small files: a bar on the error stream tells nothing
    try:
        model, report = kind.from_pretrained(
            folder, output_loading_info=True, dtype="float32", local_files_only=True, **options
        )
    except Exception as error:  # OSError, ValueError, RuntimeError and those of the file formats
        reason = str(error).strip().partition("\n")[0]
        raise PhoihopError(
            f"{folder}: the model cannot be loaded ({reason}); copy the folder again"
        ) from None
    finally:
        if bar:
            logging.enable_progress_bar()
    missing = sorted(report["missing_keys"]) + sorted(str(k) for k in report["mismatched_keys"])
    if missing:
        raise PhoihopError(
            f"{folder}: these weights are missing or of another shape: {', '.join(missing)}; copy the folder again"
        )
    return model
