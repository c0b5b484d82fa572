from django.apps import AppConfig
from django.db.backends.signals import connection_created


class AccountsConfig(AppConfig):
    name = "yingshang.accounts"
    label = "accounts"
    verbose_name = "账号与权限"

    def ready(self) -> None:
        from yingshang.accounts import timestamps

        connection_created.connect(timestamps.install, dispatch_uid="timestamps")
