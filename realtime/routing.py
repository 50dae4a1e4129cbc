"""Addresses of the socket."""

urlpatterns: list = []
