"""Addresses of process insight, below ``/desk/insight/``."""

from django.urls import path

from yingshang.web.views import insight, insight_parts

insight_patterns = [
    path("", insight.index, name="insight"),
    path("logs/<int:log_id>/", insight.of_log, name="insight_log"),
    path("logs/<int:log_id>/remove/", insight.remove, name="insight_remove"),
    path("logs/<int:log_id>/table/<slug:table>/", insight_parts.log_table, name="insight_log_table"),
    path("logs/<int:log_id>/file/<slug:format>/", insight_parts.log_file, name="insight_log_file"),
    path("of/<slug:scenario>/<slug:name>/", insight.of_house, name="insight_house"),
    path("of/<slug:scenario>/<slug:name>/diagram.bpmn", insight.diagram, name="insight_diagram"),
    path("of/<slug:scenario>/<slug:name>/table/<slug:table>/", insight_parts.house_table, name="insight_house_table"),
    path("of/<slug:scenario>/<slug:name>/file/<slug:format>/", insight_parts.house_file, name="insight_house_file"),
]
