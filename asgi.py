"""The door: HTTP goes to Django, the socket to `realtime.routing`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "conference.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application

from conference.core.limits import limit_body

http = limit_body(get_asgi_application(), settings.MAX_BODY_BYTES)

import conference.celery  # noqa: E402, F401  makes the queue known to this process
from realtime import routing, transports  # noqa: E402  needs the models that were loaded above

transports.hang_up_beyond(3 * settings.MAX_BODY_BYTES)

application = ProtocolTypeRouter(
    {"http": http, "websocket": CookieMiddleware(URLRouter(routing.urlpatterns))}
)
