"""Figures on variety, on small sets whose answers are plain."""

from __future__ import annotations

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.data.inline import parse
from phoihop.data.variety import Spread, measure

SENTENCE = "một hai ba bốn năm sáu bảy tám chín mười"  # ten syllables: three runs of eight


def test_distinct_and_new_mentions() -> None:
    train = [parse("[Đại tá](RANK) [An](PERSON), [đại tá](RANK) [Bình](PERSON)", id="a")]
    test = [parse("[Đại tá](RANK) [An](PERSON) gặp [Chi](PERSON), [Chi](PERSON)", id="b")]
    spreads = measure({"train": train, "test": test}).spreads
    assert spreads["train"] == {"PERSON": Spread(2, 2, 2, 2), "RANK": Spread(2, 1, 1, 2)}
    assert spreads["test"] == {"PERSON": Spread(3, 2, 1, 2), "RANK": Spread(1, 1, 0, 0)}


def test_repeated_runs() -> None:
    alone = parse(SENTENCE, id="a")
    other = parse("mưa gió bão lũ nắng hạn sương mù", id="b")
    assert measure({"x": [alone, other]}).repeated == 0
    assert measure({"x": [alone, parse(SENTENCE.upper(), id="c")]}).repeated == 1
    assert measure({"x": [alone, parse(SENTENCE, id="c"), other]}).repeated == 3 / 4
    # an article that repeats itself is no other article
    assert measure({"x": [parse(f"{SENTENCE}. {SENTENCE}", id="a"), other]}).repeated == 0


def test_runs_with_a_name_in_them_are_no_prose() -> None:
    marked = f"{SENTENCE} [Quân khu chín](UNIT) và {SENTENCE}"
    found = measure({"x": [parse(marked, id="a"), parse(f"{SENTENCE} rồi", id="b")]})
    assert found.repeated_prose == pytest.approx(3 / 5)  # "…mười rồi" and "và một…" stand once each
    assert found.repeated < found.repeated_prose


def test_the_articles_most_alike() -> None:
    long = " ".join(f"từ{i}" for i in range(40))
    half = " ".join(f"từ{i}" for i in range(20)) + " " + " ".join(f"khác{i}" for i in range(20))
    apart = " ".join(f"riêng{i}" for i in range(40))
    found = measure({"x": [parse(t, id=n) for t, n in ((long, "a"), (half, "b"), (apart, "c"))]})
    assert found.nearest == (("a", "b", pytest.approx(16 / 36)),)
    assert any("44.4%  a, b" in line for line in found.lines())


def test_nothing_to_measure_is_an_error() -> None:
    with pytest.raises(PhoihopError, match="no annotated articles"):
        measure({"x": []})


def test_json_and_lines_tell_the_same() -> None:
    found = measure({"train": [parse("[An](PERSON)", id="a")], "dev": [parse("[Chi](PERSON)", id="b")]})
    assert found.to_dict()["splits"]["dev"]["labels"]["PERSON"] == {
        "mentions": 1, "distinct": 1, "new": 1, "new_mentions": 1,
    }  # fmt: skip
    assert any(line.split() == ["PERSON", "1", "1", "1", "100%"] for line in found.lines())
