"""The house rules: which way imports go, what stays light, how long files get, where labels are named."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("data", "model", "eval", "training", "app")  # each may import itself and those before it
HEAVY = {"torch", "transformers", "datasets", "pandas", "sklearn"}
TORCH_FILES = {
    f"model/{name}.py"
    for name in ("auto", "phobert_hf", "encoder", "layers", "crf", "relation_head", "joint")
}
# Records are about persons, ranks and agreements by definition; they and what they are made with name labels.
NAMES_LABELS = {"model/records/build.py"}
LINES = 400

SOURCES = sorted(
    p.relative_to(ROOT).as_posix()
    for p in [*ROOT.glob("*.py"), *(f for room in ROOMS for f in (ROOT / room).rglob("*.py"))]
)
CODE = sorted(
    {*SOURCES}
    | {f.relative_to(ROOT).as_posix() for d in ("scripts", "tests") for f in (ROOT / d).rglob("*.py")}
)


def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), path)


def imports(node: ast.AST, package: str, *, at_load: bool) -> Iterator[tuple[str, int]]:
    """Modules imported below ``node`` with their lines: all, or those that loading the module imports."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((alias.name, child.lineno) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            if child.level:
                base = ".".join([*package.split(".")[: 1 - child.level or None], *filter(None, [base])])
            yield base, child.lineno
            yield from ((f"{base}.{alias.name}", child.lineno) for alias in child.names)
        elif at_load and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        elif at_load and isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from imports(other, package, at_load=at_load)
        else:
            yield from imports(child, package, at_load=at_load)


def imports_of(path: str, *, at_load: bool) -> list[tuple[str, int]]:
    package = ".".join(["phoihop", *path.split("/")[:-1]])
    return list(imports(tree(path), package, at_load=at_load))


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "phoihop" and len(parts) > 1 and parts[1] in ROOMS else None


def test_the_finder_of_imports_sees_what_it_should() -> None:
    code = (
        "import torch.nn\nfrom ..eval import score\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import pandas\n"
        "try:\n    import datasets\nexcept ImportError:\n    pass\n"
        "class A:\n    from sklearn import svm\n    def f(self):\n        import transformers\n"
    )
    module = {name for name, _ in imports(ast.parse(code), "phoihop.model", at_load=True)}
    assert {"torch.nn", "phoihop.eval", "phoihop.eval.score", "datasets", "sklearn"} <= module
    assert not module & {"pandas", "transformers"}
    everywhere = {name for name, _ in imports(ast.parse(code), "phoihop.model", at_load=False)}
    assert {"transformers", "pandas"} <= everywhere


def test_all_rooms_are_looked_at() -> None:
    assert {path.split("/")[0] for path in SOURCES} >= {*ROOMS, "__init__.py"}
    assert set(SOURCES) >= TORCH_FILES


@pytest.mark.parametrize("path", SOURCES)
def test_imports_go_one_way(path: str) -> None:
    room = path.split("/")[0]
    if room not in ROOMS:
        return
    allowed = ROOMS[: ROOMS.index(room) + 1]
    upward = [
        f"{path}:{line} imports {name}"
        for name, line in imports_of(path, at_load=False)
        if room_of(name) is not None and room_of(name) not in allowed
    ]
    assert not upward


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.split("/")[0] != "training" and p not in TORCH_FILES]
)
def test_what_predicts_imports_nothing_heavy(path: str) -> None:
    torch_modules = {f"phoihop.{p.removesuffix('.py').replace('/', '.')}" for p in TORCH_FILES}
    heavy = [
        f"{path}:{line} imports {name}"
        for name, line in imports_of(path, at_load=True)
        if name.split(".")[0] in HEAVY or name in torch_modules or room_of(name) == "training"
    ]
    assert not heavy


@pytest.mark.parametrize(
    "what",
    ["import phoihop; phoihop.predict; phoihop.Extractor", "import phoihop.app.cli, phoihop.eval.evaluate"],
)
def test_predicting_loads_nothing_heavy(what: str, tmp_path: Path) -> None:
    code = f"{what}\nimport sys\nprint(sorted(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", CODE)
def test_no_file_is_longer_than_a_reader_can_hold(path: str) -> None:
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", [p for p in SOURCES if p not in NAMES_LABELS])
def test_only_the_records_name_labels(path: str) -> None:
    schema = tomllib.loads((ROOT / "data" / "schema.toml").read_text(encoding="utf-8"))
    names = {*schema["labels"], *(relation for _, relation, _ in schema["relations"])}
    found = [
        f"{path}:{node.lineno} names {node.value}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    ]
    assert not found


def test_every_room_is_packaged() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    folders = {".".join(["phoihop", *Path(p).parent.parts]) for p in SOURCES}
    assert folders == set(listed)
