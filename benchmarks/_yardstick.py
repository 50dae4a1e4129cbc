"""The usual way with Channels, for comparison: every socket is in a group, `group_send` reaches each through the channel layer.

daphne benchmarks._yardstick:application        with YARDSTICK_REDIS
"""

from __future__ import annotations

import json
import os
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

settings.configure(
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["YARDSTICK_REDIS"]], "prefix": "yardstick"},
        }
    },
    DATABASES={},
)


class Room(AsyncWebsocketConsumer):
    """A room as in Channels' tutorial."""

    async def connect(self) -> None:
        await self.channel_layer.group_add("room", self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("room", self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.channel_layer.group_send(
            "room", {"type": "room.message", "frame": json.loads(text_data or "{}")}
        )

    async def room_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=json.dumps(event["frame"]))


application = Room.as_asgi()
