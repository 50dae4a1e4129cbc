"""Addresses."""

from django.urls import include, path

from realtime import views
from realtime.captions import views as captions

urlpatterns = [
    path("media/events", views.media_events, name="media_events"),
    path("messages/", include("realtime.direct.urls")),
    path("live/rooms/<int:room_id>/polls.csv", views.polls_csv, name="polls_csv"),
    path("live/rooms/<int:room_id>/captions/<slug:language>", captions.send_captions, name="send_captions"),
]
