"""Errors of the API as RFC 9457 problem documents, in the caller's language."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, Throttled, ValidationError

from yingshang.cases.catalog import UnknownScenario
from yingshang.cases.errors import ActionError, Conflict, NotAllowed

MEDIA_TYPE = "application/problem+json"


class Problem(Schema):
    """What went wrong (RFC 9457). ``fields`` maps a field of the body to what is wrong with it and how to mend it;
    ``about`` says more for programs, such as the case's present status."""

    type: str
    title: str
    status: int
    detail: str = ""
    code: str
    fields: dict[str, str] | None = None
    about: dict[str, Any] | None = None


def response(
    status: int,
    code: str,
    detail: str = "",
    fields: dict[str, str] | None = None,
    about: dict[str, Any] | None = None,
) -> HttpResponse:
    """A problem document. ``type`` is a URN a program can branch on; ``title`` says it in the caller's language."""
    body: dict[str, Any] = {
        "type": f"urn:yingshang:problem:{code}",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "code": code,
    }
    if fields is not None:
        body["fields"] = fields
    if about:
        body["about"] = about
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE, json_dumps_params={"ensure_ascii": False})


def _title(status: int) -> str:
    titles = {
        400: _("请求无法读懂"),
        401: _("请先登录,或提供有效的接口令牌"),
        403: _("您没有权限进行此操作"),
        404: _("没有找到"),
        405: _("不支持这种请求方式"),
        409: _("办件状态已变化"),
        413: _("内容过大"),
        422: _("填写有误"),
        429: _("请求过于频繁,请稍后再试"),
    }
    return titles.get(status, _("请求未能完成"))


def _action_error(request: HttpRequest, error: ActionError) -> HttpResponse:
    if isinstance(error, NotAllowed):
        return response(403, error.code, error.message)
    details = {k: v for k, v in error.details.items() if k != "fields" and isinstance(v, (str, int, list))}
    if isinstance(error, Conflict):
        return response(409, error.code, error.message, about=details)
    fields = error.details.get("fields")
    named = {str(k): str(v) for k, v in fields.items()} if isinstance(fields, dict) else {}
    return response(422, error.code, error.message, named, details)


def _says(kind: str, context: dict[str, Any]) -> str:
    """One validation error of the body in words."""
    limit = next((context[k] for k in ("max_length", "min_length", "ge", "gt", "le", "lt") if k in context), "")
    says = {
        "missing": _("请填写"),
        "string_type": _("应为文字"),
        "int_type": _("应为整数"),
        "int_parsing": _("应为整数"),
        "bool_type": _("应为 true 或 false"),
        "bool_parsing": _("应为 true 或 false"),
        "list_type": _("应为列表"),
        "dict_type": _("应为对象"),
        "model_attributes_type": _("应为对象"),
        "decimal_parsing": _("应为数字"),
        "decimal_type": _("应为数字"),
        "date_from_datetime_parsing": _("应为日期,如 2023-04-26"),
        "date_parsing": _("应为日期,如 2023-04-26"),
        "datetime_parsing": _("应为带时区的时间,如 2023-04-26T09:00:00+08:00"),
        "datetime_from_date_parsing": _("应为带时区的时间,如 2023-04-26T09:00:00+08:00"),
        "timezone_aware": _("应为带时区的时间,如 2023-04-26T09:00:00+08:00"),
        "string_too_long": _("不能超过 %(n)s 个字") % {"n": limit},
        "string_too_short": _("至少 %(n)s 个字") % {"n": limit},
        "too_long": _("不能超过 %(n)s 项") % {"n": limit},
        "greater_than_equal": _("不能小于 %(n)s") % {"n": limit},
        "greater_than": _("应大于 %(n)s") % {"n": limit},
        "less_than_equal": _("不能大于 %(n)s") % {"n": limit},
        "literal_error": _("只能是:%(n)s") % {"n": context.get("expected", "")},
        "enum": _("只能是:%(n)s") % {"n": context.get("expected", "")},
        "extra_forbidden": _("没有这个字段"),
    }
    return says.get(kind, _("格式不对"))


def _validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields: dict[str, str] = {}
    for e in error.errors:
        # ("body", "body", "text"): where it was read from, the parameter's name, then the path inside.
        where = [str(part) for part in e["loc"]]
        path = where[2:] if where[0] in ("body", "form") and len(where) > 2 else where[1:]
        fields.setdefault(".".join(path) or "_", _says(str(e["type"]), dict(e.get("ctx") or {})))
    return response(422, "invalid", _("有 %(n)d 处需要修改。") % {"n": len(fields)}, fields)


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {400: "unreadable", 401: "not_signed_in", 403: "not_allowed", 404: "not_found", 413: "too_large"}
    answer = response(error.status_code, codes.get(error.status_code, "error"))
    if error.status_code == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="yingshang"'
    return answer


def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    answer = response(429, "too_many_requests")
    answer["Retry-After"] = str(max(1, int(error.wait or 1)))
    return answer


def install(api: NinjaAPI) -> None:
    """Let ``api`` answer every error with a problem document."""
    api.exception_handler(ActionError)(_action_error)
    api.exception_handler(ValidationError)(_validation_error)
    api.exception_handler(Throttled)(_throttled)
    api.exception_handler(HttpError)(_http_error)
    api.exception_handler(Http404)(lambda request, e: response(404, "not_found"))
    api.exception_handler(UnknownScenario)(lambda request, e: response(404, "not_found", str(e)))
    api.exception_handler(PermissionDenied)(lambda request, e: response(403, "not_allowed"))
    for too_big in (RequestDataTooBig, TooManyFilesSent):
        api.exception_handler(too_big)(lambda request, e: response(413, "too_large"))
