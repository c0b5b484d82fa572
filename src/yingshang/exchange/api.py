"""The REST API, mounted at ``/api/v1/``: OpenAPI 3.1 at ``/api/v1/openapi.json``.

Everything that changes a case goes through :mod:`yingshang.cases.actions`, as on the pages. A caller is a person, by
token or session, and may do and see what that person may.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.timezone import localtime
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.renderers import BaseRenderer

from yingshang.exchange import problems
from yingshang.exchange.auth import SessionAuth, TokenAuth
from yingshang.exchange.parsing import StrictParser
from yingshang.exchange.routes import ROUTERS
from yingshang.exchange.throttle import CallerThrottle

DESCRIPTION = """\
营商平台接口。以 `Authorization: Bearer ys_…` 令牌调用,或在登录页面内以会话调用(写操作须带 CSRF 令牌)。

- 每个写操作可带 `Idempotency-Key` 请求头:同一人、同一操作、同一键重复提交,只生效一次。
- 出错时返回 RFC 9457 问题文档;`Accept-Language: en` 得到英文说明。
- 列表按键翻页:把返回的 `next` 作为下一次的 `after`。

The platform's API. Call it with a bearer token, or from a signed-in page with its session and CSRF token. Every writing
request may carry an `Idempotency-Key`; errors are RFC 9457 problem documents; lists go on with `after=<next>`.
"""


class _Renderer(BaseRenderer):
    """JSON with times in the district's zone and money as decimal text."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        return json.dumps(data, default=_plain, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return localtime(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    # Lazy translations and enumerations.
    return str(value)


#: By the path before all addresses.
_schemas: dict[str, OpenAPISchema] = {}


class _Api(NinjaAPI):
    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The schema below an address, made once a process: it is the same for everybody, and takes most of a second."""
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in _schemas:
            _schemas[prefix] = self._made(prefix)
        return _schemas[prefix]

    def _made(self, prefix: str) -> OpenAPISchema:
        """With problem documents under their own media type and the idempotency header documented."""
        schema = super().get_openapi_schema(path_prefix=prefix)
        for path in schema["paths"].values():
            for method, operation in path.items():
                for status, answer in operation["responses"].items():
                    content = answer.get("content", {})
                    if int(status) >= 400 and "application/json" in content:
                        content[problems.MEDIA_TYPE] = content.pop("application/json")
                if method in ("post", "put", "delete"):
                    operation.setdefault("parameters", []).append(
                        {
                            "in": "header",
                            "name": "Idempotency-Key",
                            "required": False,
                            "schema": {"type": "string", "maxLength": 200},
                        }
                    )
        return schema


api = _Api(
    title="营商 Yingshang",
    version="1.0",
    description=DESCRIPTION,
    urls_namespace="api-v1",
    docs_url=None,
    auth=[TokenAuth(), SessionAuth()],
    throttle=CallerThrottle(),
    renderer=_Renderer(),
    parser=StrictParser(),
)
problems.install(api)
for prefix, router in ROUTERS:
    api.add_router(prefix, router)
