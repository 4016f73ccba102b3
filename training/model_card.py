"""The model card: a ``README.md`` in the model folder, written from what the run knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from phoihop.eval.evaluate import Evaluation
from phoihop.eval.metrics import Table
from phoihop.model.hub import is_hub_name

LEAST_GOLD = 10  # cases; below that a figure says nothing of a label
WEAK = 0.9

_USES = """\
## Limits

The figures above are from the articles that chose the best epoch and the thresholds; on other articles expect a
little less, and clearly less on text of another kind than the training articles. The model states what an article
says, not what is so: do not act on a person's rank, post or signature without reading the place it points to. It is
not made to watch or to rate people.
"""


def write_model_card(folder: Path, about: Mapping[str, Any], dev: Evaluation) -> None:
    """Write ``README.md``: what the model learnt from, how long, with which settings, and its dev figures by label;
    before that what the Hugging Face hub reads (its model card metadata)."""
    settings = about["settings"]
    lines = [
        "---",
        _metadata(settings["encoder"], dev),
        "---",
        "",
        "# Model card",
        "",
        "An entity and relation extractor trained by `phoihop train`.",
        "",
        f"- trained on {about['trained_on_articles']} articles "
        f"({about['data']['train']['entities']} entities, {about['data']['train']['relations']} relations; "
        f"SHA-256 of texts and marks `{about['data']['train']['sha256'][:16]}…`)",
        f"- dev: {about['dev_articles']} articles (`{about['data']['dev']['sha256'][:16]}…`)",
        f"- encoder: `{settings['encoder']}`; seed {settings['seed']}; {about['minutes']} minutes on {about['device']}",
        *_beside(about),
        "- versions: " + ", ".join(f"{k} {v}" for k, v in about["versions"].items()),
        "- settings: " + ", ".join(f"{k} = {v}" for k, v in settings.items()),
        "",
        "## Dev figures",
        "",
    ]
    for key in _shown(dev):
        lines += [*_rows(dev.tables[key]), ""]
    lines += [*_weak_sides(dev), *_calibrated(about)]
    (folder / "README.md").write_text("\n".join(lines) + "\n" + _USES, encoding="utf-8")


def _shown(dev: Evaluation) -> list[str]:
    """The tables of which the card tells: a model without relations has no such figures."""
    return [key for key in ("entities", "relations") if key in dev.tables and dev.tables[key].labels]


def _metadata(encoder: str, dev: Evaluation) -> str:
    """The card's metadata as YAML; the base model is named where it is one of the hub."""
    micro = {name: dev.tables[name].micro for name in _shown(dev)}
    figures = [
        EvalResult(
            task_type="token-classification",
            task_name="entity and relation extraction",
            dataset_type="annotated-articles",
            dataset_name="dev",
            metric_type=metric,
            metric_name=f"{name}: {metric}",
            metric_value=round(float(getattr(row, metric)), 4),
        )
        for name, row in micro.items()
        for metric in ("precision", "recall", "f1")
    ]
    data = ModelCardData(
        language="vi",
        library_name="phoihop",
        pipeline_tag="token-classification",
        tags=["named-entity-recognition", "relation-extraction"],
        base_model=encoder if is_hub_name(encoder) else None,
        model_name="phoihop",
        eval_results=figures,
    )
    return str(data.to_yaml())


def _beside(about: Mapping[str, Any]) -> list[str]:
    """Silver articles, and what the encoder had learnt from raw text before."""
    lines = []
    if silver := about["data"].get("silver"):
        lines.append(
            f"- beside them {silver['articles']} articles that models marked ({silver['entities']} entities, "
            f"{silver['relations']} relations; `{silver['sha256'][:16]}…`)"
        )
    if learnt := about.get("encoder"):
        line = f"- the encoder had read {learnt.get('tokens_seen', 0):,} tokens of raw text in "
        line += f"{learnt.get('minutes', 0)} minutes"
        if "held_out_perplexity" in learnt:
            line += f", held-out perplexity {learnt['held_out_perplexity']}"
        lines.append(f"{line}; {learnt['text_note']}" if learnt.get("text_note") else line)
    return lines


def _weak_sides(dev: Evaluation) -> list[str]:
    """Labels and relations that come out worst, those with enough gold to tell."""
    rows = [
        (row.f1, name, row)
        for key in ("entities", "relations")
        if key in dev.tables
        for name, row in dev.tables[key].labels.items()
        if row.gold >= LEAST_GOLD and row.f1 < WEAK
    ]
    if not rows:
        return []
    found = [f"{name} (F1 {100 * f1:.1f} of {row.gold})" for f1, name, row in sorted(rows)]
    return ["Weak sides, each below an F1 of 90: " + ", ".join(found) + ".", ""]


def _calibrated(about: Mapping[str, Any]) -> list[str]:
    found = [
        f"{what} at temperature {c['temperature']} ({100 * c['expected_calibration_error_before']:.1f} % before)"
        f": {100 * c['expected_calibration_error']:.1f} %"
        for what, c in about.get("calibration", {}).items()
    ]
    if not found:
        return []
    return ["Expected calibration error on the dev articles: " + "; ".join(found) + ".", ""]


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
