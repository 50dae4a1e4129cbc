"""Addresses of the inbox."""

from django.urls import path

from conference.notifications import views

urlpatterns = [
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.mark_inbox_read, name="mark_inbox_read"),
]
