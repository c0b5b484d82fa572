from contextlib import suppress
from types import ModuleType

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "yingshang.web"
    label = "web"
    verbose_name = "页面"

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        super().__init__(app_name, app_module)
        # Here and not in ready(): models are imported in between, and the first sentence asked for loads the catalogue.
        from yingshang.web import translations

        # A read-only installation ships the compiled catalogue.
        with suppress(OSError):
            translations.compile_if_stale()
