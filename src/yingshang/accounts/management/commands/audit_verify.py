"""``yingshang audit verify``: recompute the hash chain of the audit log."""

from django.core.management.base import BaseCommand, CommandError

from yingshang.accounts import audit


class Command(BaseCommand):
    help = "核验审计链:发现被改动或缺失的记录 / verify the audit chain"

    def handle(self, *args: object, **options: object) -> None:
        verdict = audit.verify()
        for problem in verdict.problems:
            self.stderr.write(problem)
        if not verdict.intact:
            raise CommandError(f"审计链不完整:{len(verdict.problems)} 处问题 / the audit chain is broken")
        audit.note_head()
        self.stdout.write(f"审计链完整,共 {verdict.rows} 条,链头 {verdict.head} / intact, {verdict.rows} rows")
