"""Addresses."""

from django.urls import include, path

from realtime import views
from realtime.captions import views as captions
from realtime.encoder import views as encoder
from realtime.network import views as network

urlpatterns = [
    path("media/events", views.media_events, name="media_events"),
    path("media/encoders/<str:room_code>", encoder.encoder_offer, name="encoder_offer"),
    path("media/encoders/<str:room_code>/<str:session>", encoder.encoder_session, name="encoder_session"),
    path("messages/", include("realtime.direct.urls")),
    path("live/network-test", network.network_test, name="network_test"),
    path("live/rooms/<int:room_id>/polls.csv", views.polls_csv, name="polls_csv"),
    path("live/rooms/<int:room_id>/captions/<slug:language>", captions.send_captions, name="send_captions"),
]
