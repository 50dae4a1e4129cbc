"""Addresses of the list of events and of the organizers' pages."""

from django.urls import path

from conference.organizing import views

urlpatterns = [
    path("", views.home, name="home"),
    path("events/new/", views.new_event, name="new_event"),
    path("events/new/series/", views.new_series, name="new_series"),
    path("series/<slug:series_slug>/", views.series, name="series"),
    path("bodies/<slug:body_slug>/", views.body, name="body"),
    path(
        "bodies/<slug:body_slug>/members/<int:member_id>/remove/", views.remove_member, name="remove_member"
    ),
    path("<slug:event_slug>/organize/", views.organize, name="organize"),
    path("<slug:event_slug>/organize/settings/", views.settings, name="organize_settings"),
    path("<slug:event_slug>/organize/settings/logo/", views.logo, name="organize_logo"),
    path("<slug:event_slug>/organize/state/", views.state, name="organize_state"),
    path("<slug:event_slug>/organize/people/", views.people, name="organize_people"),
    path("<slug:event_slug>/organize/people/<int:role_id>/take/", views.take_role, name="take_role"),
    path("<slug:event_slug>/organize/registrations/", views.registrations, name="organize_registrations"),
    path(
        "<slug:event_slug>/organize/registrations/<int:ticket_id>/", views.answer_ticket, name="answer_ticket"
    ),
    path("<slug:event_slug>/organize/edition/", views.new_edition, name="new_edition"),
]
