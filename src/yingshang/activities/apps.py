from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "yingshang.activities"
    label = "activities"
    verbose_name = "活动"
