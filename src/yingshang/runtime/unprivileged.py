"""Running a program as somebody other than root.

PostgreSQL refuses to run as root, and rightly so. When the platform is started by root its database server runs as a
system user of its own; when it is started by an ordinary user everything runs as that user.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import Told

ACCOUNT_NAME = "yingshang"
# Where things go that the other user must reach when the data folder lies below a closed folder such as /root.
SHARED_STATE = Path("/var/lib/yingshang")
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class AccountError(Told):
    """No account could be found or made that PostgreSQL may run as."""


@dataclass(frozen=True)
class Account:
    """The system user that a program runs as; ``switch`` is false when that is already ourselves."""

    name: str
    uid: int
    gid: int
    switch: bool

    def spawn_options(self) -> dict[str, object]:
        """Return the keyword arguments for :class:`subprocess.Popen` that make the child run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def run(self, command: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
        """Run ``command`` to its end as this account, from ``/``, and return what it printed."""
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            list(command), text=True, capture_output=True, cwd="/", umask=0o077, **self.spawn_options(), **options
        )

    def can_enter(self, folder: Path) -> bool:
        """Tell whether this account may reach and traverse ``folder`` (which must exist)."""
        return self._test("-x", folder) if self.switch else os.access(folder, os.X_OK)

    def can_execute(self, program: Path) -> bool:
        """Tell whether this account may run ``program`` where it lies."""
        return self._test("-x", program) if self.switch else os.access(program, os.X_OK)

    def own(self, path: Path) -> None:
        """Give ``path`` to this account (a no-op when we are that account)."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def _test(self, flag: str, path: Path) -> bool:
        return self.run([shutil.which("test") or "/usr/bin/test", flag, str(path)]).returncode == 0


def account_for(existing: Path | None = None) -> Account:
    """Choose the account a database server runs as.

    Args:
        existing: a data folder that is already there; its owner is kept.

    Returns:
        ourselves when we are not root, else the folder's owner, else the system user ``yingshang`` (made when it is
        missing), else ``nobody`` where users cannot be made.

    Raises:
        AccountError: the folder belongs to somebody we cannot become.
    """
    ours = os.geteuid()
    owner = existing.stat().st_uid if existing is not None and existing.exists() else None
    if ours != 0:
        if owner is not None and owner != ours:
            raise AccountError(
                f"{existing} belongs to {_name(owner)}, not to {_name(ours)}: start as that user or as root, "
                "or choose another YINGSHANG_HOME"
            )
        entry = _entry(ours)
        if entry is None:
            raise AccountError(f"user id {ours} has no entry in the system's list of users, which PostgreSQL needs")
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=False)
    if owner:
        entry = _entry(owner)
        if entry is None:
            raise AccountError(f"{existing} belongs to user id {owner}, who has no entry in the list of users")
    else:
        entry = _by_name(ACCOUNT_NAME) or _make_account() or _by_name("nobody")
        if entry is None:
            raise AccountError(f"run 'useradd --system {ACCOUNT_NAME}': PostgreSQL does not run as root")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)


def dies_with_parent(number: int = signal.SIGTERM) -> Callable[[], None]:
    """Return a ``preexec_fn`` by which the kernel sends the child ``number`` when its parent dies.

    The tie is to the *thread* that spawned the child, and the kernel forgets it when the user changes: spawn from the
    main thread, and let :class:`subprocess.Popen` change the user (it does so before it calls this). Linux only; the
    function does nothing elsewhere.
    """
    parent = os.getpid()

    def tie() -> None:
        tie_to_parent(number)
        if os.getppid() != parent:  # died between fork and prctl
            os._exit(1)

    return tie


def tie_to_parent(number: int = signal.SIGTERM) -> None:
    """Ask the kernel to send this process ``number`` when the thread that spawned it dies; Linux only."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _make_account() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))
    if useradd is None:
        return None
    subprocess.run(
        [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        + ["--shell", "/usr/sbin/nologin", ACCOUNT_NAME],
        capture_output=True,
    )
    return _by_name(ACCOUNT_NAME)


def _by_name(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _entry(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _name(uid: int) -> str:
    entry = _entry(uid)
    return entry.pw_name if entry else f"user id {uid}"
