"""Sample records of the project chain for the demo: progress of major projects, complexes, plots. Names say that they are samples."""

from __future__ import annotations

from datetime import date, timedelta

from yingshang import timekeeping
from yingshang.accounts.models import Unit
from yingshang.cases import records

PROGRESS, COMPLEX, PLOT = (
    "project_progress_board.progress",
    "industrial_complex.complex",
    "low_efficiency_land.plot",
)
#: Programme → (plan and done of the year in yuan, whether works have started) of each sample project.
_PROGRESS = {
    "千项万亿": ((520_000_000, 210_000_000, True), (300_000_000, 96_000_000, True), (180_000_000, 41_000_000, False)),
    "全省第一批集中开工": ((240_000_000, 90_000_000, True), (160_000_000, 52_000_000, True)),
    "152省市县长工程": (
        (900_000_000, 310_000_000, True), (420_000_000, 120_000_000, True), (360_000_000, 0, False), (200_000_000, 66_000_000, True),
    ),
    "全年实施类市重点项目": ((680_000_000, 350_000_000, True), (250_000_000, 88_000_000, True), (140_000_000, 0, False)),
}  # fmt: skip
#: Ecosystem, investment in yuan, new space in m², works begun so many days ago (None: not yet).
_COMPLEXES = (
    ("智能物联", 1_600_000_000, 260_000, 120),
    ("生物医药", 2_100_000_000, 310_000, 45),
    ("绿色能源", 900_000_000, 150_000, None),
)
#: Area in mu, stage, finished so many days ago (None: not yet).
_PLOTS = ((42.5, "已腾出", 40), (18.0, "已整治", 20), (63.2, "整治中", None), (25.4, "列入清单", None))


def quarter_before(day: date) -> str:
    """The last whole quarter before a day, such as ``2023Q1``."""
    number = (day.month - 1) // 3
    return f"{day.year}Q{number}" if number else f"{day.year - 1}Q4"


def tell() -> None:
    """Bring the samples in; the units are those that would have registered them."""
    now = timekeeping.now()
    today = now.astimezone(timekeeping.SHANGHAI).date()
    units = {u.code: u for u in Unit.objects.filter(code__in=["dept.reform", "dept.economy"])}
    quarter = quarter_before(today)
    with timekeeping.travel(now - timedelta(days=15)):
        for programme, rows in _PROGRESS.items():
            for n, (plan, done, started) in enumerate(rows, start=1):
                name = f"示例项目{n}（{programme}）"
                said = {
                    "project": name,
                    "programme": programme,
                    "quarter": quarter,
                    "plan": str(plan),
                    "done": str(done),
                    "started": "已开工" if started else "未开工",
                }
                records.create(PROGRESS, said, None, key=f"{quarter}·{programme}·{name}", unit=units.get("dept.reform"))
        for n, (ecosystem, investment, area, ago) in enumerate(_COMPLEXES, start=1):
            name = f"示例工业综合体{n}"
            said = {"name": name, "ecosystem": ecosystem, "investment": str(investment), "area": str(area)}
            if ago is not None:
                said["started_on"] = str(today - timedelta(days=ago))
            records.create(COMPLEX, said, None, key=name, unit=units.get("dept.economy"))
        for n, (mu, stage, since) in enumerate(_PLOTS, start=1):
            plot = f"示例地块{n}"
            data = {"plot": plot, "mu": f"{mu:.1f}", "stage": stage, "grounds": "示例依据：摸底台账"}
            if since is not None:
                data |= {"tidied_on": str(today - timedelta(days=since)), "tidied_mu": f"{mu:.1f}"}
            records.create(PLOT, data, None, key=plot, unit=units.get("dept.economy"))
