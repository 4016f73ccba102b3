"""Two annotations of the same articles."""

from __future__ import annotations

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.data.inline import parse
from phoihop.eval.agreement import compare_annotations

ONE = parse("[Đại tá](RANK#r) [An](PERSON HAS_RANK=r), [Chính ủy](TITLE)", id="a")
TWO = parse("[Đại tá](RANK) [An](PERSON), [Chính](TITLE) ủy", id="a")


def test_f1_is_the_same_both_ways() -> None:
    there, back = compare_annotations([ONE], [TWO]), compare_annotations([TWO], [ONE])
    for key in ("entities", "relations"):
        assert there.tables[key].micro.f1 == back.tables[key].micro.f1
    assert there.tables["entities"].micro.f1 == pytest.approx(2 / 3)
    assert there.tables["relations"].micro.f1 == 0


def test_articles_of_one_side_are_left_out_and_named() -> None:
    result = compare_annotations([ONE, parse("khác", id="b")], [ONE, parse("nữa", id="c")])
    assert result.tables["entities"].micro.f1 == 1
    assert result.notes == ("articles that one side alone annotated, left out: 2 (b, c)",)


def test_nothing_in_common_is_an_error() -> None:
    with pytest.raises(PhoihopError, match="no article in common"):
        compare_annotations([ONE], [parse("x", id="z")])
    with pytest.raises(PhoihopError, match="another text"):
        compare_annotations([ONE], [parse("x", id="a")])
