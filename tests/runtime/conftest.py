"""Homes in which an embedded server can be started."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home_for_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that the server's user can reach, as on a machine where nothing special was done."""
    folder = tmp_path_factory.mktemp("home")
    opened = []
    for parent in [folder, *folder.parents]:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & stat.S_IXOTH and parent != Path("/"):
            opened.append((parent, parent.stat().st_mode))
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    yield folder
    for parent, mode in opened:
        parent.chmod(mode)
