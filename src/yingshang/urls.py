"""All addresses of the site."""

from django.urls import include, path

from yingshang.exchange.api import api
from yingshang.runtime.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
    path("", include("yingshang.web.urls_desk")),
    path("", include("yingshang.web.urls")),
]

handler400 = "yingshang.web.views.errors.unreadable"
handler403 = "yingshang.web.views.errors.forbidden"
handler404 = "yingshang.web.views.errors.not_found"
handler500 = "yingshang.web.views.errors.broken"
handler429 = "yingshang.web.views.errors.too_many"
