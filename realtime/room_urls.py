"""Addresses of a room's own pages, below an event's: `/<event>/rooms/<code>/...`."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
