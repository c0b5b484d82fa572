"""Bring the scenario folders' policies, clauses and rules into the database; needs the district's units. Idempotent."""

from typing import Any

from django.core.management.base import BaseCommand

from yingshang.scenarios import loader, policy_install


class Command(BaseCommand):
    help = "发布情景里的政策、条款和规则 / publish the scenarios' policies, clauses and rules"

    def handle(self, *args: object, **options: Any) -> None:
        held = policy_install.install(loader.ROOT)
        if options["verbosity"]:
            self.stdout.write(
                f"政策 {held['policies']} 项、条款 {held['clauses']} 条、生效规则 {held['rules']} 个"
                f" / {held['policies']} policies, {held['clauses']} clauses, {held['rules']} rules in force"
            )
