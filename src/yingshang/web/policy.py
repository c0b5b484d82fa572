"""The Content Security Policy: the settings' for pages, and none of anything for data."""

from __future__ import annotations

from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: A browser that is led to open an answer of the API itself loads nothing with it, and shows it in no frame.
OF_DATA = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class ContentSecurityPolicy(CSPMiddleware):
    """django-csp's, which is spared working out the policy of pages for every answer in JSON."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("application/json"):
            response.headers.setdefault("Content-Security-Policy", OF_DATA)
            return response
        return super().process_response(request, response)
