"""Data for a trial of the line: random, so that nothing on the way makes it smaller; never kept, on neither side."""

from __future__ import annotations

import os

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conference.core.errors import Invalid
from conference.core.limits import spend
from realtime.network.forms import LARGEST, FetchForm

TRIALS = 120
"""Requests of one person within ten minutes; a trial takes about ten."""


@never_cache
@require_http_methods(["GET", "POST"])
def network_test(request: HttpRequest) -> HttpResponse:
    """GET: so many bytes to fetch. POST: takes in what is sent and says how much it was."""
    spend("network-test", str(request.user.pk), amount=TRIALS, seconds=600, guards=False)
    if request.method == "POST":
        if int(request.headers.get("Content-Length") or 0) > LARGEST:
            raise Invalid(_("This is more than a trial of the line needs."))
        return HttpResponse(str(len(request.body)), content_type="text/plain")
    form = FetchForm(request.GET)
    if not form.is_valid():
        raise Invalid(_("Say how many bytes to send, up to a million."))
    return HttpResponse(os.urandom(form.cleaned_data["bytes"]), content_type="application/octet-stream")
