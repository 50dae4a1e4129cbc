"""Addresses of direct messages, below `/messages/`."""

from django.urls import path

from realtime.direct import views

urlpatterns = [
    path("", views.conversations, name="conversations"),
    path("unread/", views.unread, name="unread_conversations"),
    path("<int:conversation_id>/", views.conversation, name="conversation"),
    path("to/<int:person_id>/", views.write_to, name="write_to"),
    path("block/<int:person_id>/", views.block_person, name="block_person"),
]
