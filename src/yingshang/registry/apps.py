from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "yingshang.registry"
    label = "registry"
    verbose_name = "主体档案"

    def ready(self) -> None:
        from yingshang.registry import access  # noqa: F401  (registers the principals of handlers)
