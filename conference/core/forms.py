"""What forms of every package need of a request."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """The data to bind a form to: what was posted, be it nothing, and None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None
