"""The door: HTTP goes to Django, the socket to `realtime.routing`."""

import gc
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

# Thousands of sockets are a few million objects that live for hours: to look through them for garbage again and again costs
# more than the garbage. What was loaded up to here is never looked at any more, the young are looked at less often.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)

application = ProtocolTypeRouter(
    {"http": http, "websocket": CookieMiddleware(URLRouter(routing.urlpatterns))}
)
