"""Addresses of investment projects: open to all, the enterprise's below ``/portal/projects/``, the units' below ``/desk/projects/``."""

from django.urls import path

from yingshang.web.views.projects import ahead, desk, items, portal, way

open_patterns = [
    path("way/", way.way, name="way"),
    path("portal/projects/", portal.projects, name="portal_projects"),
    path("portal/projects/new/", portal.new, name="portal_project_new"),
    path("portal/projects/<str:number>/", portal.project, name="portal_project"),
    path("portal/projects/<str:number>/withdraw/", portal.withdraw, name="portal_project_withdraw"),
    path("portal/projects/<str:number>/do/<slug:action>/", portal.do, name="portal_project_do"),
    path("projects/<str:number>/ahead/", ahead.ahead, name="project_ahead"),
]

desk_project_patterns = [
    path("", desk.projects, name="projects"),
    path("new/", desk.new, name="project_new"),
    path("items/", items.items, name="project_items"),
    path("items/<slug:code>/", items.item, name="project_item"),
    path("plan/", items.template, name="project_plan"),
    path("of/<str:number>/", desk.project, name="project"),
    path("of/<str:number>/withdraw/", desk.withdraw, name="project_withdraw"),
    path("of/<str:number>/do/<slug:action>/", desk.do, name="project_do"),
]
