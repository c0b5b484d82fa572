"""What PostgreSQL refuses by itself, whoever asks."""

from __future__ import annotations

from django.db import connection


def test_migrations_are_complete(db: None) -> None:
    from django.core.management import call_command

    call_command("makemigrations", "policies", check=True, dry_run=True, verbosity=0)
    with connection.cursor() as c:
        c.execute("SELECT count(*) FROM policies_ledgerentry")
