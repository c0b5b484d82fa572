from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "yingshang.exchange"
    label = "exchange"
    verbose_name = "数据交换"
