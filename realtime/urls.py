"""Addresses."""

from django.urls import path

from realtime import views

urlpatterns = [path("events", views.media_events, name="media_events")]
