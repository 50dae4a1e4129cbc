"""The Django app that holds all packages below `booths` and `realtime`."""

from django.apps import AppConfig

import conference.celery  # noqa: F401  makes the queue known to every process, commands too


class ConferenceConfig(AppConfig):
    name = "conference"
    verbose_name = "Chama"
    default_auto_field = "django.db.models.BigAutoField"
