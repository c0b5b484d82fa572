from contextlib import suppress

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "yingshang.web"
    label = "web"
    verbose_name = "页面"

    def ready(self) -> None:
        from yingshang.web import translations

        # A read-only installation ships the compiled catalogue.
        with suppress(OSError):
            translations.compile_if_stale()
