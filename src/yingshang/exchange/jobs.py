"""Background jobs of the exchange; each is idempotent."""

from __future__ import annotations
