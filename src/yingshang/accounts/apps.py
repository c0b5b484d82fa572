from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "yingshang.accounts"
    label = "accounts"
    verbose_name = "账号与权限"

    def ready(self) -> None:
        from yingshang.accounts import liveness  # noqa: F401  (registers itself)
