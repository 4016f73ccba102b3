"""Fixtures that several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real annotated news beside the checkout; its text is not part of the product."""
    folder = ROOT.parent / "shared"
    if not (folder / "real" / "dev").is_dir():
        pytest.skip("the real annotated news (../shared) is not here")
    return folder
