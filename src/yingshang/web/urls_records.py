"""Addresses of records, within the desk."""

from django.urls import path

from yingshang.web.views import desk_records

record_patterns = [
    path("records/", desk_records.types, name="record_types"),
    path("records/<slug:scenario>/<slug:stem>/", desk_records.listing, name="records"),
    path("records/<slug:scenario>/<slug:stem>/export.csv", desk_records.export, name="records_export"),
    path("records/<slug:scenario>/<slug:stem>/new/", desk_records.new, name="record_new"),
    path("records/<slug:scenario>/<slug:stem>/<int:record_id>/", desk_records.record, name="record"),
]
