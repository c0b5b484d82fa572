from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "yingshang.rules"
    label = "rules"
    verbose_name = "规则"
