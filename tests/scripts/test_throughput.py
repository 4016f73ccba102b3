"""The table of speed against the device's ceiling: operations counted right, every batch size measured."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("torch")


@pytest.fixture
def script(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "scripts"))
    return importlib.import_module("throughput")


def test_operations_are_those_of_the_matrices_and_of_attention(script: ModuleType) -> None:
    from transformers import RobertaConfig

    from phoihop.model.auto import new_encoder

    config = RobertaConfig(
        vocab_size=50, hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32
    )
    # Each layer: four 8 x 8 matrices of attention, two of 8 x 32; each entry once forward, twice back, a
    # product and a sum each. Attention: scores and mixing, 8 units and as many places as are seen.
    assert script.operations_per_place(new_encoder(config), 20) == 3 * (6 * (4 * 64 + 2 * 256) + 12 * 8 * 20)


def test_each_batch_size_has_its_row(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--layers", "1", "--hidden", "16", "--heads", "2", "--matrix", "64", "--steps", "1"]
    script.main([*small, "--batches", "1", "3"])
    out = capsys.readouterr().out
    rows = re.findall(r"^\| (\d+) \| ([\d,]+) \| ([\d,]+) \|", out, re.MULTILINE)
    assert [row[0] for row in rows] == ["1", "3"]
    assert int(rows[1][1].replace(",", "")) > int(rows[0][1].replace(",", "")) > 100
    assert re.search(r"ceiling: [\d.e-]+ TFLOP/s", out)


def test_a_folder_without_articles_is_one_sentence(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"throughput: .*no"):
        script.main(["--articles", str(tmp_path / "nowhere")])
