"""Addresses."""

from django.urls import path

from realtime import views

urlpatterns = [
    path("media/events", views.media_events, name="media_events"),
    path("live/rooms/<int:room_id>/polls.csv", views.polls_csv, name="polls_csv"),
]
