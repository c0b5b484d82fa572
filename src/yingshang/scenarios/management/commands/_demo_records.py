"""A few records for the demo, registered and corrected through the same functions as real ones."""

from __future__ import annotations

from datetime import datetime, timedelta

from yingshang import timekeeping
from yingshang.accounts.models import Membership, Role
from yingshang.cases import records
from yingshang.registry.models import ServiceAssignment
from yingshang.scenarios.management.commands._demo_support import person

PAPERS, DELIVERED = "title_history_solver.missing_document", "service_officer.policy_delivered"


def tell() -> None:
    """Papers that are missing from old titles, one of them corrected; policies brought to firms."""
    now = timekeeping.now()
    _papers(now - timedelta(days=20))
    assigned = ServiceAssignment.objects.filter(until__isnull=True, officer__username="serviceofficer")
    for days, a in zip((6, 3), assigned.select_related("business", "unit").order_by("pk")[:2], strict=False):
        with timekeeping.travel(now - timedelta(days=days)):
            said = {
                "policy": "浙江省专精特新中小企业认定",
                "delivered_on": timekeeping.now().date().isoformat(),
                "by": "上门",
                "result": "企业说材料基本齐，下月申报。",
            }
            records.create(DELIVERED, said, person(a.officer_id), business=a.business, unit=a.unit)


def _papers(at: datetime) -> None:
    host = (
        Membership.objects.filter(role=Role.REFORM_OFFICE, until__isnull=True).order_by("-person__demo", "pk").first()
    )
    if host is None:
        return
    told = (
        ("下沙 6 号大街 12 号厂房", "土地出让合同", 1998),
        ("下沙 6 号大街 12 号厂房", "竣工验收备案表", 2001),
        ("江东二路 88 号综合楼", "规划许可证副本", 2004),
    )
    with timekeeping.travel(at):
        made = [
            records.create(
                PAPERS,
                {"property": where, "paper": paper, "since": year},
                person(host.person_id),
                key=f"LS-{n:03d}",
                unit=host.unit,
            )
            for n, (where, paper, year) in enumerate(told, start=1)
        ]
    with timekeeping.travel(at + timedelta(days=5)):
        first = made[0]
        records.correct(
            first,
            {**first.data, "recognised_by": "规资部门依据 1998 年会议纪要认定"},
            person(host.person_id),
            reason="档案馆找到会议纪要",
            seen=1,
        )
