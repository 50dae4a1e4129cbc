"""The worker's application: one task (`core.later`) and the periodic actions."""

import os

from celery import Celery
from celery.signals import setup_logging, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")

app = Celery("chama")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.set_default()
app.autodiscover_tasks(["conference.core"], related_name="later")


@setup_logging.connect
def keep_django_logging(**_kwargs: object) -> None:
    """Celery would replace the logging that the settings configure; with a receiver here it does not."""


@worker_ready.connect
def show_that_the_worker_is_alive(**_kwargs: object) -> None:
    """At once, not with the scheduler's first round: the platform is well only when the worker is."""
    app.send_task("chama.run", args=["conference.core.health:mark_worker"])
