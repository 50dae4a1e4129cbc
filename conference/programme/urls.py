"""Addresses of the programme, below an event's."""

from django.urls import path

from conference.programme.views import agenda, editor, lists, pages

urlpatterns = [
    path("", pages.now, name="now"),
    path("brand.css", pages.brand, name="brand"),
    path("schedule/", pages.schedule, name="schedule"),
    path("schedule/changes/", pages.changes, name="programme_changes"),
    path("sessions/<str:code>/", pages.session, name="session"),
    path("sessions/<str:code>/star/", agenda.star, name="star"),
    path("speakers/", pages.speakers, name="speakers"),
    path("speakers/<str:code>/", pages.speaker, name="speaker"),
    path("agenda/", agenda.my_agenda, name="my_agenda"),
    path("agenda/address/", agenda.feed, name="agenda_address"),
    path("organize/programme/", editor.editor, name="programme_editor"),
    path("organize/programme/release/", editor.release_programme, name="release_programme"),
    path("organize/programme/sessions/new/", editor.new_session, name="new_session"),
    path("organize/programme/sessions/<str:code>/", editor.edit_session, name="edit_session"),
    path("organize/programme/sessions/<str:code>/move/", editor.move_session, name="move_session"),
    path("organize/programme/sessions/<str:code>/cancel/", editor.cancel_session, name="cancel_session"),
    path("organize/programme/sessions/<str:code>/restore/", editor.restore_session, name="restore_session"),
    path("organize/programme/sessions/<str:code>/delete/", editor.delete_session, name="delete_session"),
    path("organize/programme/plan/", lists.plan, name="edit_plan"),
    path("organize/programme/rooms/new/", lists.hall, name="new_hall"),
    path("organize/programme/rooms/<int:row>/", lists.hall, name="edit_hall"),
    path("organize/programme/rooms/<int:row>/delete/", lists.delete_hall, name="delete_hall"),
    path("organize/programme/tracks/new/", lists.track, name="new_track"),
    path("organize/programme/tracks/<int:row>/", lists.track, name="edit_track"),
    path("organize/programme/tracks/<int:row>/delete/", lists.delete_track, name="delete_track"),
    path("organize/programme/days/new/", lists.day, name="new_day"),
    path("organize/programme/days/<int:row>/", lists.day, name="edit_day"),
    path("organize/programme/days/<int:row>/delete/", lists.delete_day, name="delete_day"),
    path("organize/programme/speakers/", lists.edit_speakers, name="edit_speakers"),
    path("organize/programme/speakers/new/", lists.new_speaker, name="new_speaker"),
    path("organize/programme/speakers/<str:code>/", lists.edit_speaker, name="edit_speaker"),
    path("organize/programme/speakers/<str:code>/account/", lists.link_speaker, name="link_speaker"),
    path("organize/programme/speakers/<str:code>/delete/", lists.delete_speaker, name="delete_speaker"),
]
