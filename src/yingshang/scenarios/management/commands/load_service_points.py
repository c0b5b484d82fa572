"""``manage.py load_service_points``: the district's service points, stations and agents as records; safe to repeat."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from yingshang import districts
from yingshang.districts import service_points
from yingshang.scenarios.service_network_1_2_7_6 import points


class Command(BaseCommand):
    help = "载入便民服务点；可重复执行 / load the service points; safe to repeat"

    def handle(self, *args: object, **options: object) -> None:
        try:
            network = service_points.load(districts.load(settings.DISTRICT))
        except districts.BadDistrict as error:
            raise CommandError(str(error)) from error
        done = points.install(network, samples=settings.MODE != "production") if network else {}
        self.stdout.write(f"服务点 {done.get(points.POINT, 0)} 个 / service points added or changed")
