"""An evaluation as plain text: each table under its definition of "correct"."""

from __future__ import annotations

import textwrap
from collections import Counter
from itertools import islice

from phoihop.eval.distance import FAR
from phoihop.eval.evaluate import Evaluation
from phoihop.eval.metrics import PRF, Table
from phoihop.eval.slips import Slip, entity_slips, far_relation_slips, relation_slips

_WIDTH = 100
_INDENT = "  "


def report(evaluation: Evaluation, errors: int = 0) -> str:
    """The whole evaluation; ``errors`` is how many errors of each kind (entities, relations, relations over
    more than ``FAR`` words) to list."""
    parts = [_table(table) for table in evaluation.tables.values()]
    if evaluation.unreachable is not None:
        parts.append(_unreachable(evaluation))
    if evaluation.speed is not None:
        s = evaluation.speed
        parts.append(
            f"speed (for information)\n{_INDENT}{s.articles} articles, {s.words} words in {s.seconds:.2f} s: "
            f"{s.words_per_second:.0f} words a second"
        )
    if evaluation.notes:
        parts.append("notes\n" + "\n".join(_INDENT + note for note in evaluation.notes))
    if errors:
        parts.append(_errors(evaluation, errors))
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = textwrap.wrap(
        f"correct: {table.definition}", _WIDTH, initial_indent=_INDENT, subsequent_indent="    "
    )
    name = max((len(n) for n in table.labels), default=0)
    name = max(name, len("micro"))
    lines.append(f"{_INDENT}{'':{name}}      P      R     F1    gold  predicted  correct")
    rows = table.rows
    if len(rows) > 1:
        lines += [_row(f"{label:{name}}", row) for label, row in rows]
    micro = _row(f"{'micro':{name}}", table.micro)
    if (interval := table.interval()) is not None:
        micro += f"   95 % interval of F1 {100 * interval[0]:.1f} to {100 * interval[1]:.1f}"
    lines.append(micro)
    if len(rows) > 1:
        lines.append(f"{_INDENT}{'macro':{name}}" + "".join(f"{100 * x:7.1f}" for x in table.macro))
    return "\n".join([table.title, *lines])


def _row(name: str, row: PRF) -> str:
    shares = "".join(f"{100 * x:7.1f}" for x in (row.precision, row.recall, row.f1))
    return f"{_INDENT}{name}{shares}{row.gold:8}{row.pred:11}{row.tp:9}"


def _unreachable(evaluation: Evaluation) -> str:
    """How much gold the model can never find, by cause; each cause with its first example."""
    lost = evaluation.unreachable or ()
    totals = {
        "entity": evaluation.tables["entities"].micro.gold,
        "relation": evaluation.tables["relations"].micro.gold,
    }
    lines = ["unreachable gold (what this model can never find, whatever it predicts)"]
    for what, total in totals.items():
        mine = [(article, item) for article, item in lost if item.what == what]
        share = 100 * len(mine) / total if total else 0.0
        lines.append(f"{_INDENT}{what}: {len(mine)} of {total} ({share:.2f} %)")
        for cause, times in sorted(Counter(item.cause for _, item in mine).items()):
            article, example = next((a, i) for a, i in mine if i.cause == cause)
            lines.append(f"{_INDENT * 2}{cause}: {times}, for example in {article}: {example.detail}")
    return "\n".join(lines)


def _errors(evaluation: Evaluation, most: int) -> str:
    pairs = list(zip(evaluation.gold, evaluation.predicted, strict=True))
    lines: list[str] = []
    lists = (
        ("entity errors", entity_slips),
        ("relation errors", relation_slips),
        (f"relation errors over more than {FAR} words", far_relation_slips),
    )
    for title, slips in lists:
        every = [slip for gold, pred in pairs for slip in slips(gold, pred)]
        kinds = ", ".join(f"{n} {kind}" for kind, n in Counter(s.kind for s in every).most_common())
        lines.append(f"{title}: {len(every)}" + (f" ({kinds})" if kinds else ""))
        lines += [_slip_line(slip) for slip in islice(every, most)]
        if len(every) > most:
            lines.append(f"{_INDENT}… and {len(every) - most} more")
    return "\n".join(lines)


def _slip_line(slip: Slip) -> str:
    return f"{_INDENT}{slip.article} {slip.kind}: {slip.detail}   … {slip.context} …"
