"""Help: what an enterprise, an official, a leader comes here to do, and how. One page; one's own part comes first."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from yingshang.accounts.access import scope_of
from yingshang.accounts.models import Role
from yingshang.web.views import cockpit_figures


@dataclass(frozen=True)
class Part:
    """Help for one kind of people: the question they have in mind, and the answer."""

    code: str
    title: str | Promise
    topics: tuple[tuple[str | Promise, str | Promise], ...]


ENTERPRISE = Part(
    "enterprise",
    _("企业:有事怎么提,提了怎么看"),
    (
        (
            _("怎么提诉求"),
            _(
                "在首页写一句话,点“提诉求”就行;也可以补充具体情况、照片和联系电话。不用管归哪个单位,"
                "系统会找到该管的,拿不准的由派单员来定。"
            ),
        ),
        (
            _("多久有回音"),
            _(
                "提交前,页面右边写着多久联系您、多久办结。按工作日历计算:周末和节假日不算,调休上班的日子算。"
                "请您补充材料时计时暂停,补齐后接着算;办件页的“承诺与计时”里每一笔都列着。"
            ),
        ),
        (
            _("怎么看办到哪一步了"),
            _("打开“我的办件”里的那一件:绿色是走过的,橙色是现在所在的一步。下面的办理记录写着谁在什么时候做了什么。"),
        ),
        (
            _("要我补充材料,在哪里交"),
            _("首页“等您处理”里点进去,写说明或上传文件,再点“补充好了”。"),
        ),
        (
            _("答复了,可是没解决"),
            _(
                "点“没解决,继续办”,写明还差什么。办件接着办,并提给上一级。没有确认的,过几个工作日会有没参与办理的人"
                "打电话回访您。办结以后又出问题,也可以“重新办理”。"
            ),
        ),
        (
            _("催办、请上一级协调、撤回"),
            _("都在办件页上。催办会记入办理记录;不用办了可以撤回,记录保留。"),
        ),
        (
            _("不会写、不知道找谁"),
            _("首页有您的助企服务员,直接打电话,服务员可以替您提,您照样能看到进展。"),
        ),
    ),
)

OFFICIAL = Part(
    "official",
    _("工作人员:每天的事怎么办"),
    (
        (
            _("从“今天”开始"),
            _("等您办的事按期限排好,逾期的在最上面。点开一件,右边“您现在可以”就是下一步。"),
        ),
        (
            _("签收、退单、转办"),
            _(
                "归本单位管的先签收;不归的,写明理由退单,由派单员另派。退到第三次进入仲裁派单,派后不再退。"
                "已签收、后来发现该由别的单位办的,用转办。"
            ),
        ),
        (
            _("先联系,再答复"),
            _("签收后先给企业打电话,记一笔“首次联系”,这条承诺就停表了。办完写答复,企业收到后确认解决没解决。"),
        ),
        (
            _("材料不齐、时间不够"),
            _("请企业补充材料时计时暂停,企业补齐后自动继续。确需延长的,每条时限可以延期一次,要写理由。"),
        ),
        (
            _("要别人一起办"),
            _("协办:请别的单位给意见;加签:请人签字,可以全部同意、任一同意或依次签;抄送:只让对方知道。"),
        ),
        (
            _("派单(派单员)"),
            _(
                "“待派单”里每件都写着建议派给谁、为什么、有多大把握。同意就按建议派,不同意就另选,可以加协办单位。"
                "同一企业的相近诉求列在旁边,重复的并案。"
            ),
        ),
        (
            _("走访(助企服务员)"),
            _("手机上打开“走访”:挑一家企业,现场写记录;企业当场提的问题一格一个,提交后立即进入待派单。"),
        ),
        (
            _("台账里的诉求一次导入"),
            _(
                "在“设置”里的“表格导入”下载模板,填好上传。有问题的行会列出行号、列和改法,其余的照常导入;同一文件再传不会重复。"
            ),
        ),
        (
            _("少用鼠标"),
            _("按 / 查办件,按 j、k 在列表里上下走,先按 g 再按字母换页;按 ? 看全部快捷键。"),
        ),
    ),
)

LEADER = Part(
    "leader",
    _("领导和改革办:承诺了什么,做到没有"),
    (
        (
            _("看板怎么看"),
            _("先看未办结、已逾期,再看办结率和解决率。每个数、每根柱子都能点开,后面就是那些办件。"),
        ),
        (
            _("办结率和解决率为什么是两个数"),
            _("办结是流程走完了;解决是企业自己确认,或没参与办理的人回访认定。差在哪里,点“办结了但没确认解决的”。"),
        ),
        (
            _("卡住的问题怎么往上走"),
            _(
                "逾期或没解决的自动提级:先到单位负责人,再到分管领导,最后开专题协调会。个性问题逐件解决,共性问题归到一个根因里。"
            ),
        ),
        (
            _("开协调会"),
            _("在“提级协调”里勾选事项,排定会议。每个议题写下议定意见、责任单位和完成日期,到期没落实的会标红。"),
        ),
        (
            _("改承诺、改日历"),
            _("“设置”里改时限承诺,只影响以后的办件;改工作日历,正在计时的会自动重算,并记在各件的计时里。"),
        ),
        (
            _("数据可靠吗"),
            _(
                "每一步都是一条只增不改、逐条链接的记录。审计员可以看操作日志;系统管理员运行 yingshang audit verify 可查出改动或缺失。"
            ),
        ),
    ),
)


def help_page(request: HttpRequest) -> HttpResponse:
    """The help page, in the shell of whoever reads it; readable before signing in."""
    person = request.user
    parts, base = [ENTERPRISE, OFFICIAL, LEADER], "web/plain.html"
    if person.is_authenticated:
        base = "web/desk/base.html" if person.is_official else "web/portal/base.html"  # type: ignore[union-attr]
        if person.is_official:  # type: ignore[union-attr]
            mine = scope_of(person)  # type: ignore[arg-type]
            leads = mine.has(*cockpit_figures.DISTRICT) and not mine.has(Role.AUDITOR)
            parts = [LEADER, OFFICIAL, ENTERPRISE] if leads else [OFFICIAL, LEADER, ENTERPRISE]
    return render(request, "web/help.html", {"parts": parts, "base": base})
