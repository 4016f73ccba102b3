"""The model card: a ``README.md`` in the model folder, written from what the run knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phoihop.eval.evaluate import Evaluation
from phoihop.eval.metrics import Table

_USES = """\
## Limits

The figures above are from the articles that chose the best epoch and the thresholds; on other articles expect a
little less, and clearly less on text of another kind than the training articles. The model states what an article
says, not what is so: do not act on a person's rank, post or signature without reading the place it points to. It is
not made to watch or to rate people.
"""


def write_model_card(folder: Path, about: Mapping[str, Any], dev: Evaluation) -> None:
    """Write ``README.md``: what the model learnt from, how long, with which settings, and its dev figures by label."""
    settings = about["settings"]
    lines = [
        "# Model card",
        "",
        "An entity and relation extractor trained by `phoihop train`.",
        "",
        f"- trained on {about['trained_on_articles']} articles "
        f"({about['data']['train']['entities']} entities, {about['data']['train']['relations']} relations; "
        f"SHA-256 of texts and marks `{about['data']['train']['sha256'][:16]}…`)",
        f"- dev: {about['dev_articles']} articles (`{about['data']['dev']['sha256'][:16]}…`)",
        f"- encoder: `{settings['encoder']}`; seed {settings['seed']}; {about['minutes']} minutes on {about['device']}",
        "- versions: " + ", ".join(f"{k} {v}" for k, v in about["versions"].items()),
        "- settings: " + ", ".join(f"{k} = {v}" for k, v in settings.items()),
        "",
        "## Dev figures",
        "",
    ]
    for key in ("entities", "relations"):
        if key in dev.tables and dev.tables[key].labels:
            lines += [*_rows(dev.tables[key]), ""]
    (folder / "README.md").write_text("\n".join(lines) + "\n" + _USES, encoding="utf-8")


def _rows(table: Table) -> list[str]:
    rows = [
        f"{table.title.capitalize()}: {table.definition}.",
        "",
        "| | P | R | F1 | gold |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, row in (*sorted(table.labels.items()), ("**micro**", table.micro)):
        rows.append(
            f"| {name} | {100 * row.precision:.1f} | {100 * row.recall:.1f} | {100 * row.f1:.1f} | {row.gold} |"
        )
    return rows
