"""Addresses of the socket."""

from django.urls import path

from realtime.consumers import RoomConsumer

urlpatterns = [path("ws/", RoomConsumer.as_asgi())]
