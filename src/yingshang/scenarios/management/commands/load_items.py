"""Publish the items of investment projects of all folders as one list. Idempotent; after the district and the scenarios."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from yingshang.cases.errors import ActionError
from yingshang.projects import listing
from yingshang.scenarios import item_files, loader


class Command(BaseCommand):
    help = "发布投资项目事项清单 / publish the items of investment projects"

    def handle(self, *args: object, **options: object) -> None:
        files = list(item_files.every(loader.ROOT))
        try:
            version = listing.publish(files, None, item_files.named(files))
        except ActionError as error:
            raise CommandError(error.message) from error
        if options["verbosity"]:
            self.stdout.write(f"事项清单 {version} / list of items {version}")
            for change in listing.changed_here(listing.read(version.pk)):
                self.stdout.write(
                    f"  保留本区的修改 / kept as changed here: {change.code}.{change.field} = {change.ours!r}"
                    f"(装入的是 / brought: {change.brought!r})"
                )
