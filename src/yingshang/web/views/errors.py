"""Error pages that say what to do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from yingshang.exchange import problems
from yingshang.web import for_pages

#: What a program is told the kind of its error by.
CODES = {400: "unreadable", 403: "forbidden", 404: "not_found", 429: "too_many", 500: "broken"}


def _page(request: HttpRequest, status: int, title: str, text: str, retry: str = "") -> HttpResponse:
    if request.path_info.startswith(for_pages.API):
        return problems.response(status, CODES[status], title)
    context = {"code": status, "heading": title, "text": text, "retry": retry}
    return render(request, "web/error.html", context, status=status)


def unreadable(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 400, _("网址读不懂"), _("网址里有不该有的字符,可能是复制时出了错。可以从首页重新进入。"))


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(
        request, 403, _("这一页您不能看"), _("您的岗位没有这项权限。如果工作需要,请联系本单位负责人或系统管理员。")
    )


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return _page(request, 404, _("没有找到"), _("网址有误,或者这件事不在您可以查看的范围内。可以从首页重新进入。"))


def broken(request: HttpRequest) -> HttpResponse:
    retry = request.get_full_path() if request.method == "GET" else ""
    return _page(request, 500, _("系统出了点问题"), _("已记录下来。您填写的内容没有保存,请稍后重试。"), retry)


def too_many(request: HttpRequest) -> HttpResponse:
    """Named as ``handler429`` in the root URL configuration, where allauth looks for it."""
    page = _page(
        request, 429, _("操作太频繁"), _("为防止有人猜密码,短时间内次数有限制。请过几分钟再试。"), request.path
    )
    page["Retry-After"] = "300"
    return page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request, 403, _("页面已过期"), _("请返回上一页刷新后再提交。若一直如此,请检查浏览器是否禁用了 Cookie。")
    )
