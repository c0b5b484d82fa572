"""Addresses of the pages."""

from django.urls import path, register_converter

from yingshang.web.urls_projects import open_patterns
from yingshang.web.views import case_parts, help, points, portal, portal_services, start
from yingshang.web.views.portal_policies import claims, clause, fact_pages, notices, overview, told


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
    path("portal/policies/", overview.overview, name="portal_policies"),
    path("portal/policies/summary/", overview.summary, name="portal_policies_summary"),
    path("portal/policies/facts/", fact_pages.facts, name="portal_facts"),
    path("portal/policies/facts/<str:name>/", fact_pages.fact, name="portal_fact"),
    path("portal/policies/told/", told.told, name="portal_told"),
    path("portal/policies/told/subscribe/", told.subscribe, name="portal_subscribe"),
    path("portal/policies/told/<int:pk>/unsubscribe/", told.unsubscribe, name="portal_unsubscribe"),
    path("portal/policies/<slug:policy>/<slug:code>/", clause.clause, name="portal_clause"),
    path("portal/policies/<slug:policy>/<slug:code>/apply/", clause.apply, name="portal_clause_apply"),
    path("portal/policies/<slug:policy>/<slug:code>/preview/", clause.preview, name="portal_clause_preview"),
    path("portal/policies/<slug:policy>/<slug:code>/confirm/", clause.confirm, name="portal_clause_confirm"),
    path("portal/claims/", claims.claims, name="portal_claims"),
    path("portal/claims/<str:number>/", claims.claim, name="portal_claim"),
    path("portal/claims/<str:number>/receipt/", claims.receipt, name="portal_receipt"),
    path("portal/claims/<str:number>/payee/", claims.mend_payee, name="portal_claim_payee"),
    path("portal/claims/<str:number>/withdraw/", claims.withdraw, name="portal_claim_withdraw"),
    path("points/", points.points, name="points"),
    *open_patterns,
    path("notices/", notices.notices, name="notices"),
    path("notices/<int:pk>/", notices.notice, name="notice"),
    path("cases/<str:number>/diagram.bpmn", case_parts.diagram, name="diagram"),
    path("cases/<str:number>/trail.json", case_parts.trail, name="trail"),
    path("cases/<str:number>/documents/<int:pk>/", case_parts.document, name="document"),
]
