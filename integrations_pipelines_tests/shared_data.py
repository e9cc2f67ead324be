"""Where the data that is too large, or not ours, for the repository stands; absent on a machine that lacks it."""

import os
from pathlib import Path

import pytest

VARIABLE = "SHARED_DATA"


def shared_data(name: str) -> Path:
    """Return the file or folder ``name`` of the shared data; the test is skipped where it is not there."""
    folder = os.environ.get(VARIABLE)
    found = (Path(folder) if folder else Path(__file__).parents[2] / "shared" / "data") / name
    if not found.exists():
        pytest.skip(f"{found.name} is not on this machine; {VARIABLE} may say where it is")
    return found
