"""The worker's application: one task (`core.later`) and the periodic actions."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")

app = Celery("chama")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks(["conference.core"], related_name="later")


@setup_logging.connect
def keep_django_logging(**_kwargs: object) -> None:
    """Celery would replace the logging that the settings configure; with a receiver here it does not."""
