"""Addresses of the socket."""

from django.urls import path

from realtime.consumers import RoomConsumer
from realtime.screens import ScreenConsumer

urlpatterns = [
    path("ws/", RoomConsumer.as_asgi()),
    path("ws/screen/<str:room_code>/", ScreenConsumer.as_asgi()),
]
