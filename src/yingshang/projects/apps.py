from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    name = "yingshang.projects"
    label = "projects"
    verbose_name = "项目"
