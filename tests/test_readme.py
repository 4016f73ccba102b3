"""The README's Python runs, and its two commands are what the Makefile and the CI script do."""

from __future__ import annotations

import re
from pathlib import Path


def test_python_blocks_run(root: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        scope: dict[str, object] = {}
        exec(compile(block, "README.md", "exec"), scope)  # the block's own assertions count
        document = scope["document"]
        assert document.entities and document.relations and document.records.officials  # type: ignore[attr-defined]


def test_the_two_commands_exist(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    for command in ("make predict", "make test"):
        assert f"    {command}\n" in readme
        assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE)
    assert "make test" in (root / ".ci" / "run").read_text(encoding="utf-8")


def test_every_linked_file_exists(root: Path) -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        text = (root / page).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", text):
            assert (root / target).exists(), f"{page} links to {target}"
