"""Bring the scenario folders into the database: procedures, categories, promises. Idempotent."""

from django.core.management.base import BaseCommand

from yingshang.cases import catalog, procedures, promises


class Command(BaseCommand):
    help = "发布情景的流程、分类与时限 / publish the scenarios' procedures, categories and promises"

    def handle(self, *args: object, **options: object) -> None:
        for spec in catalog.every():
            published = procedures.install(spec)
            promises.install(spec)
            if options["verbosity"]:
                versions = ", ".join(f"{p.name} v{p.version}" for p in published)
                self.stdout.write(f"{spec.id}: {versions or '—'}")
