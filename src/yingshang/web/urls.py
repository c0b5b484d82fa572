"""Addresses of the pages."""

from django.urls import path, register_converter

from yingshang.web.views import case_parts, help, portal, portal_services, start


class PortalAction:
    """One of the actions that an enterprise can take; anything else is no address."""

    regex = "|".join(portal._ACTIONS)

    def to_python(self, value: str) -> str:
        return value

    to_url = to_python


register_converter(PortalAction, "portal_action")

app_name = "web"
urlpatterns = [
    path("", start.start, name="start"),
    path("help/", help.help_page, name="help"),
    path("portal/", portal.home, name="portal_home"),
    path("portal/ask/", portal.ask, name="portal_ask"),
    path("portal/ask/suggestion/", portal.suggestion, name="portal_suggestion"),
    path("portal/services/", portal_services.services, name="portal_services"),
    path("portal/services/<slug:scenario>/<slug:name>/", portal_services.service, name="portal_service"),
    path("portal/cases/", portal.cases, name="portal_cases"),
    path("portal/cases/<str:number>/", portal.case, name="portal_case"),
    path("portal/cases/<str:number>/<portal_action:action>/", portal.act, name="portal_act"),
    path("cases/<str:number>/diagram.bpmn", case_parts.diagram, name="diagram"),
    path("cases/<str:number>/trail.json", case_parts.trail, name="trail"),
    path("cases/<str:number>/documents/<int:pk>/", case_parts.document, name="document"),
]
