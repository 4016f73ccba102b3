"""Records and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.errors import PhoihopError
from phoihop.data.readers import read_records, write_records
from phoihop.data.records import Agreement, Official, Post, Records

_string = st.text(max_size=8)
_ids = st.lists(_string, max_size=3).map(tuple)
_year = st.none() | st.integers(1900, 2100)
_posts = st.builds(Post, _string, st.none() | _string, _ids, _ids)
_officials = st.builds(
    Official, _string, st.none() | _string, st.lists(_posts, max_size=3).map(tuple), _ids, _ids
)
_agreements = st.builds(
    Agreement,
    _string,
    st.lists(_string, max_size=3).map(tuple),
    st.none() | st.tuples(_year, _year),
    st.none() | _string,
    _ids,
    st.lists(_ids, max_size=3).map(tuple),
    _ids,
    _ids,
)
_records = st.builds(
    Records, st.lists(_officials, max_size=3).map(tuple), st.lists(_agreements, max_size=3).map(tuple)
)


@given(_records)
def test_json_and_back(records: Records) -> None:
    assert Records.from_dict(json.loads(json.dumps(records.to_dict()))) == records


def test_ids_may_be_missing() -> None:
    data = {
        "officials": [
            {"name": "Cao Xuân Mẫn", "rank": None, "posts": [{"title": "Phó Bí thư", "unit": None}]}
        ],
        "agreements": [{"kind": "quy chế", "parties": ["A"], "period": [2024, None], "signed_on": "2/3"}],
    }
    records = Records.from_dict(data)
    assert records.officials == (Official("Cao Xuân Mẫn", None, (Post("Phó Bí thư"),)),)
    assert records.agreements == (Agreement("quy chế", ("A",), (2024, None), "2/3"),)


def test_a_file_and_back(tmp_path: Path) -> None:
    records = Records((Official("Cao Xuân Mẫn", "Đại úy"),), (Agreement("biên bản ghi nhớ", ("A", "B")),))
    path = tmp_path / "a.records.json"
    write_records(records, path)
    assert read_records(path) == records
    assert "Đại úy" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{\n,", r"a\.records\.json:2:1: no JSON"),
        ("[]", "expected an object"),
        ({"officials": []}, "'agreements' is missing"),
        ({"officials": [{"rank": "Đại úy"}], "agreements": []}, "'name' is missing"),
        ({"officials": [{"name": 4}], "agreements": []}, "wrong type"),
        ({"officials": ["x"], "agreements": []}, "wrong type"),
        ({"officials": 5, "agreements": []}, "wrong type"),
        ({"officials": [{"name": "A", "posts": [{"title": None}]}], "agreements": []}, "wrong type"),
        ({"officials": [{"name": "A", "rank": 1}], "agreements": []}, "'rank' of 'A'"),
        ({"officials": [], "agreements": [{"kind": "k", "parties": "AB"}]}, "'parties' of 'k'"),
        ({"officials": [], "agreements": [{"kind": "k", "period": [2020]}]}, "wrong type"),
        ({"officials": [], "agreements": [{"kind": "k", "period": ["x", 2020]}]}, "wrong type"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, content: Any, words: str) -> None:
    path = tmp_path / "a.records.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with pytest.raises(PhoihopError, match=words) as caught:
        read_records(path)
    assert "a.records.json" in str(caught.value)
