"""Addresses of the desk and of the cockpit."""

from django.urls import include, path

from yingshang.web.urls_insight import insight_patterns
from yingshang.web.urls_policies import policy_patterns
from yingshang.web.urls_projects import desk_project_patterns
from yingshang.web.urls_records import record_patterns
from yingshang.web.views import (
    cockpit,
    cockpit_policies,
    cockpit_projects,
    desk,
    desk_businesses,
    desk_campaigns,
    desk_case,
    desk_cases,
    desk_escalations,
    desk_imports,
    desk_meetings,
    desk_pool,
    desk_settings,
    desk_tasks,
    desk_units,
    desk_visits,
    points,
)

desk_patterns = [
    path("", desk.home, name="home"),
    path("tasks/", desk_tasks.tasks, name="tasks"),
    path("pool/", desk_pool.pool, name="pool"),
    path("pool/<str:number>/dispatch/", desk_pool.dispatch, name="pool_dispatch"),
    path("pool/<str:number>/merge/", desk_pool.merge, name="pool_merge"),
    path("new/", desk_cases.new, name="new"),
    path("businesses/", desk_cases.businesses, name="businesses"),
    path("businesses/<str:uscc>/", desk_businesses.business, name="business"),
    path("cases/", desk_cases.cases, name="cases"),
    path("cases/<str:number>/", desk_case.case, name="case"),
    path("cases/<str:number>/do/<slug:action>/", desk_case.act, name="case_act"),
    path("cases/<str:number>/tasks/<int:task_id>/", desk_case.task, name="case_task"),
    path("visits/", desk_visits.visits, name="visits"),
    path("visits/plan/", desk_visits.plan, name="visit_plan"),
    path("visits/history/", desk_visits.history, name="visit_history"),
    path("visits/campaigns/", desk_campaigns.campaigns, name="campaigns"),
    path("visits/<int:visit_id>/", desk_visits.visit, name="visit"),
    path("escalations/", desk_escalations.escalations, name="escalations"),
    path("escalations/convene/", desk_escalations.convene, name="convene"),
    path("escalations/gather/", desk_escalations.gather, name="gather"),
    path("root-causes/", desk_escalations.root_causes, name="root_causes"),
    path("root-causes/<int:root_id>/", desk_escalations.root_cause, name="root_cause"),
    path("meetings/", desk_meetings.meetings, name="meetings"),
    path("meetings/plan/", desk_meetings.plan, name="meeting_plan"),
    path("meetings/<int:activity_id>/", desk_meetings.meeting, name="meeting"),
    path("meetings/<int:activity_id>/<slug:what>/", desk_meetings.do, name="meeting_do"),
    path("meetings/<int:activity_id>/items/<int:item_id>/<slug:what>/", desk_meetings.item, name="meeting_item"),
    path("unit/", desk_units.unit, name="unit"),
    path("unit/<str:code>/", desk_units.unit, name="unit_of"),
    path("unit/<str:code>/<slug:which>/", desk_units.unit_cases, name="unit_cases"),
    path("points/", points.desk, name="points"),
    path("projects/", include(desk_project_patterns)),
    path("policies/", include(policy_patterns)),
    path("insight/", include(insight_patterns)),
    *record_patterns,
    path("settings/", desk_settings.settings, name="settings"),
    path("settings/promises/", desk_settings.promises, name="promises"),
    path("settings/promises/<int:promise_id>/", desk_settings.promise, name="promise"),
    path("settings/categories/", desk_settings.categories, name="categories"),
    path("settings/categories/<int:category_id>/", desk_settings.category, name="category"),
    path("settings/calendar/", desk_settings.work_calendar, name="calendar"),
    path("settings/calendar/<int:year>/", desk_settings.work_calendar, name="calendar_year"),
    path("settings/procedures/", desk_settings.procedures, name="procedures"),
    path("settings/procedures/<int:procedure_id>/", desk_settings.procedure, name="procedure"),
    path(
        "settings/procedures/<int:procedure_id>/diagram.bpmn", desk_settings.procedure_diagram, name="procedure_diagram"
    ),
    path("settings/imports/", desk_imports.imports, name="imports"),
    path("settings/imports/template/", desk_imports.import_template, name="import_template"),
    path("settings/imports/<int:run_id>/", desk_imports.import_run, name="import"),
    path("settings/imports/<int:run_id>/refused.csv", desk_imports.import_refused, name="import_refused"),
    path("settings/audit/", desk_settings.audit_log, name="audit"),
]

cockpit_patterns = [
    path("", cockpit.board, name="board"),
    path("cases/", cockpit.cases, name="cases"),
    path("published/", cockpit.published, name="published"),
    path("indicators/", cockpit.indicators, name="indicators"),
    path("policies/", cockpit_policies.board, name="policies"),
    path("projects/", cockpit_projects.board, name="projects"),
]

urlpatterns = [
    path("desk/", include((desk_patterns, "desk"))),
    path("cockpit/", include((cockpit_patterns, "cockpit"))),
]
