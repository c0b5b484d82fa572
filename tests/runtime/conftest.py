"""Homes in which an embedded server can be started."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home_for_server() -> Iterator[Path]:
    """A home that the server's user can reach, as on a machine where nothing special was done.

    Not pytest's own temporary folder: that is closed to other users, and closed again by every other pytest run.
    """
    folder = Path(tempfile.mkdtemp(prefix="yingshang-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
