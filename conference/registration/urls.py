"""Addresses of attending an event."""

from django.urls import path

from conference.registration import views

urlpatterns = [
    path("me/", views.me, name="me"),
    path("register/", views.register, name="register"),
    path("register/cancel/", views.cancel, name="cancel_registration"),
    path("participants/", views.directory, name="directory"),
    path("participants/me/", views.listing, name="listing"),
]
