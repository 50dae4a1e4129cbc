"""Addresses of an event that live things have: a room's own pages, `/<event>/rooms/<code>/...`, and what is told to all rooms."""

from __future__ import annotations

from django.urls import path

from realtime import views
from realtime.announcements import views as announcements
from realtime.broadcast import views as broadcast
from realtime.captions import views as captions
from realtime.chat import views as chat
from realtime.encoder import views as encoder
from realtime.materials import views as materials
from realtime.moderation import views as moderation
from realtime.screen import views as screen
from realtime.slides import views as slides

urlpatterns = [
    path("organize/announcements/", announcements.announcements, name="organize_announcements"),
    path(
        "organize/announcements/<int:announcement_id>/withdraw/",
        announcements.withdraw_announcement,
        name="withdraw_announcement",
    ),
    path("rooms/<str:room_code>/around/", broadcast.room_around, name="room_around"),
    path("rooms/<str:room_code>/captions/", captions.captions_page, name="room_captions"),
    path("rooms/<str:room_code>/captions/offer/", captions.offer_captions, name="offer_captions"),
    path("rooms/<str:room_code>/captions/people/", captions.add_captioner, name="add_captioner"),
    path(
        "rooms/<str:room_code>/captions/people/<int:person_id>/remove/",
        captions.remove_captioner,
        name="remove_captioner",
    ),
    path(
        "rooms/<str:room_code>/captions/tokens/<int:token_id>/revoke/",
        captions.revoke_token,
        name="revoke_caption_token",
    ),
    path("rooms/<str:room_code>/captions/<slug:language>.vtt", views.captions_vtt, name="captions_vtt"),
    path("rooms/<str:room_code>/captions/<slug:language>/", captions.caption_desk, name="caption_desk"),
    path("rooms/<str:room_code>/captions/<slug:language>/end/", captions.end_captions, name="end_captions"),
    path(
        "rooms/<str:room_code>/captions/<slug:language>/tokens/",
        captions.make_token,
        name="make_caption_token",
    ),
    path("rooms/<str:room_code>/materials/", materials.materials, name="room_materials"),
    path(
        "rooms/<str:room_code>/materials/<int:material_id>/<str:name>",
        materials.material_file,
        name="room_material",
    ),
    path("rooms/<str:code>/messages/<int:message>/", chat.chat_message, name="chat_message"),
    path("rooms/<str:room_code>/encoder/", encoder.encoder, name="encoder"),
    path("rooms/<str:room_code>/encoder/revoke/", encoder.revoke_encoder, name="revoke_encoder"),
    path("rooms/<str:room_code>/console", moderation.console, name="room_console"),
    path("rooms/<str:room_code>/log", moderation.log, name="room_log"),
    path("rooms/<str:room_code>/log.csv", moderation.log_csv, name="room_log_csv"),
    path("rooms/<str:room_code>/screen", screen.screen, name="screen"),
    path("rooms/<str:room_code>/screens/", screen.screen_links, name="screen_links"),
    path(
        "rooms/<str:room_code>/screens/<int:link>/revoke",
        screen.revoke_screen_link,
        name="revoke_screen_link",
    ),
    path("rooms/<str:room_code>/slides/", slides.slides, name="room_slides"),
    path(
        "rooms/<str:room_code>/slides/<int:deck_id>/<int:number>-small.webp",
        slides.slide_picture,
        {"size": "small"},
        name="slide_small",
    ),
    path(
        "rooms/<str:room_code>/slides/<int:deck_id>/<int:number>-large.webp",
        slides.slide_picture,
        {"size": "large"},
        name="slide_large",
    ),
    path("rooms/<str:room_code>/slides/<int:deck_id>/<int:number>.txt", slides.slide_text, name="slide_text"),
]
