from django.apps import AppConfig


class ScenariosConfig(AppConfig):
    name = "yingshang.scenarios"
    label = "scenarios"
    verbose_name = "情景"

    def ready(self) -> None:
        from yingshang.scenarios import loader

        loader.register_all()
