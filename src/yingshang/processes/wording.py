"""The words of a clock's ledger, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from yingshang.processes.calendar import SHANGHAI

_UNITS = {
    "working_hours": ("个工作小时", "working hour"),
    "working_days": ("个工作日", "working day"),
    "calendar_days": ("个自然日", "calendar day"),
    "calendar_hours": ("小时", "hour"),
}
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()

Both = tuple[str, str]


def moment(at: datetime) -> Both:
    """A moment in Shanghai, to the minute; the end of a day is called by that day."""
    local = at.astimezone(SHANGHAI)
    clock = f"{local:%H:%M}"
    if (local.hour, local.minute) == (0, 0):
        local -= timedelta(days=1)
        clock = "24:00"
    return (
        f"{local.year}年{local.month}月{local.day}日 {clock}",
        f"{local.day} {_MONTHS[local.month - 1]} {local.year} {clock}",
    )


def number(value: Decimal) -> str:
    """An amount without superfluous zeros."""
    return f"{value.normalize():f}"


def amount(value: Decimal, basis: str) -> Both:
    """An amount of time on a basis."""
    zh, en = _UNITS[basis]
    return f"{number(value)} {zh}", f"{number(value)} {en}{'' if value == 1 else 's'}"


def lasting(seconds: int) -> Both:
    """A stretch of time in days, hours and minutes."""
    if seconds < 60:
        return f"{seconds} 秒", f"{seconds} second{'' if seconds == 1 else 's'}"
    hours, minutes = divmod(seconds // 60, 60)
    zh = " ".join(p for p in (f"{hours} 小时" if hours else "", f"{minutes} 分钟" if minutes else "") if p)
    en = " ".join(p for p in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if p)
    return zh, en


class Wording:
    """The words for clocks of one basis.

    Args:
        basis: of the promise.
        hours: office hours as seconds of the day.
    """

    def __init__(self, basis: str, hours: Sequence[tuple[int, int]]) -> None:
        self.basis = basis
        self.working = basis.startswith("working")
        self.hours = [(_clock(a), _clock(b)) for a, b in hours]

    def started(self, at: datetime, value: Decimal) -> Both:
        (zh, en), (zh_amount, en_amount) = moment(at), amount(value, self.basis)
        return f"{zh} 开始计时，承诺 {zh_amount}", f"{en}: started, promised within {en_amount}"

    def rule(self) -> Both:
        """How the due time is counted."""
        office = "、".join(f"{a}–{b}" for a, b in self.hours), ", ".join(f"{a}–{b}" for a, b in self.hours)
        match self.basis:
            case "working_hours":
                return (
                    f"只计工作日的办公时间（{office[0]}）",
                    f"counted inside office hours of working days ({office[1]})",
                )
            case "working_days":
                close = self.hours[-1][1]
                return (
                    f"自次日起算，开始当日不计（《民法典》第二百零一条），到最后一个工作日 {close} 下班为止",
                    f"the day it starts is not counted (Civil Code, art. 201); it ends at {close} of the last working day",
                )
            case "calendar_days":
                return (
                    "自次日起算，开始当日不计（《民法典》第二百零一条），到最后一日 24:00 为止",
                    "the day it starts is not counted (Civil Code, art. 201); it ends at 24:00 of the last day",
                )
        return "按小时连续计算，不分工作日", "counted by the hour, on all days"

    def paused(self, at: datetime, reason: str) -> Both:
        zh, en = moment(at)
        return f"{zh} 暂停计时{_because(reason, '：')}", f"{en}: paused{_because(reason, ': ')}"

    def resumed(self, at: datetime, moved: int, due: datetime) -> Both:
        (zh, en), (zh_due, en_due) = moment(at), moment(due)
        if not moved:
            return f"{zh} 恢复计时，截止时间不变", f"{en}: resumed, due time unchanged"
        zh_time, en_time = lasting(moved)
        return (
            f"{zh} 恢复计时，顺延{'办公时间' if self.working else ''} {zh_time}，截止 {zh_due}",
            f"{en}: resumed, {'office time of ' if self.working else ''}{en_time} added, due {en_due}",
        )

    def extended(self, at: datetime, value: Decimal, reason: str) -> Both:
        (zh, en), (zh_amount, en_amount) = moment(at), amount(value, self.basis)
        return f"{zh} 延长 {zh_amount}：{reason}", f"{en}: extended by {en_amount}: {reason}"

    def stopped(self, at: datetime, in_time: bool) -> Both:
        zh, en = moment(at)
        return f"{zh} 停止计时，{'按时' if in_time else '超期'}", f"{en}: stopped, {'in time' if in_time else 'late'}"

    def due(self, at: datetime) -> Both:
        zh, en = moment(at)
        return f"截止 {zh}", f"due {en}"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _because(reason: str, mark: str) -> str:
    return f"{mark}{reason}" if reason else ""
