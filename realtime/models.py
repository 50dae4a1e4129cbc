"""All tables of this app, for Django."""

from realtime.chat.models import Message
from realtime.stage.models import Publication

__all__ = ["Message", "Publication"]
