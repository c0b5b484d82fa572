"""The district's own keys, kept under ``$YINGSHANG_HOME/keys`` and nowhere else: made once, readable by the service only.

``receipts.ed25519`` signs receipts; its public half stands in every receipt and, for those who check, in
``receipts.pub``. ``persons.key`` turns identity numbers into digests, so that the numbers need not be stored. Losing either
means: old receipts still verify, but new ones are signed by another key; and the same person is no longer recognised.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings


def folder() -> Path:
    """Where the keys lie."""
    return Path(settings.HOME) / "keys"


def signing_key() -> Ed25519PrivateKey:
    """The key that signs receipts, made at the first use."""
    raw = _kept(folder() / "receipts.ed25519", _new_signing_key)
    return Ed25519PrivateKey.from_private_bytes(raw)


def public_key() -> str:
    """The public half, in hex; also kept in ``receipts.pub`` to be given to whoever wants to check."""
    told = signing_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()
    path = folder() / "receipts.pub"
    if not path.exists() or path.read_text("ascii").strip() != told:
        path.write_text(told + "\n", "ascii")
    return told


def person_key() -> bytes:
    """The key of the digests that stand for persons."""
    return _kept(folder() / "persons.key", _new_person_key)


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes_raw()


def _new_person_key() -> bytes:
    return secrets.token_bytes(32)


@lru_cache(maxsize=8)
def _kept(path: Path, make: Callable[[], bytes]) -> bytes:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(make())
        # Of two processes at once, one makes the key and both read that one.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_bytes()
