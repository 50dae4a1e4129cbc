"""Addresses. Fixed places first; whatever is left is the address of an event."""

from django.contrib import admin
from django.urls import include, path

from conference.core import views as core
from conference.programme.views import pages
from conference.registration import views as registration

urlpatterns = [
    path("healthz", core.healthz, name="healthz"),
    path("jsi18n/", core.javascript_catalogue, name="javascript_catalogue"),
    path("uploads/<path:name>", core.upload, name="upload"),
    path("admin/", admin.site.urls),
    path("", include("realtime.urls")),
    path("me/", include("conference.notifications.urls")),
    path("me/", registration.me, name="me"),
    path("r/<str:room_code>/", pages.short_address, name="short_address"),
    path("r/<str:room_code>.svg", pages.short_address_image, name="short_address_image"),
    path("", include("conference.accounts.urls")),
    path("", include("conference.organizing.urls")),
    path("<slug:event_slug>/", include("conference.registration.urls")),
    path("<slug:event_slug>/", include("conference.programme.urls")),
    path("<slug:event_slug>/", include("realtime.room_urls")),
]

handler400 = "conference.core.views.bad_request"
handler403 = "conference.core.views.permission_denied"
