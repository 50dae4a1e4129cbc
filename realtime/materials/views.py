"""The links and files of a room as a page, for before and after it is live; uploading; and downloading."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from conference.core.errors import Invalid
from conference.events.queries import get_event
from conference.rooms.models import Room
from conference.rooms.queries import get_room_by_code
from realtime.materials.actions import add_file, require_bringer
from realtime.materials.files import TYPES, check_file
from realtime.materials.forms import FileForm
from realtime.materials.queries import BRINGS, get_file, material_data, materials_for, session_of


@require_http_methods(["GET", "POST"])
def materials(request: HttpRequest, event_slug: str, room_code: str) -> HttpResponse:
    """All links and files that the reader may see, and a form for those who may add files. The live room sends its files here
    too and asks for JSON."""
    room, role = _room(request, event_slug, room_code)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    form = FileForm(request.POST or None, request.FILES or None, initial={"client_id": uuid.uuid4()})
    if request.method == "POST":
        require_bringer(role)
        try:
            _require_valid(form)
            file = check_file(form.cleaned_data["file"])
            material = add_file(request.user, room.pk, file=file, **form.cleaned())
        except Invalid as error:
            if wants_json:
                raise
            for name, sentences in error.details["fields"].items():
                if name not in form.errors:
                    form.add_error(name if name in form.fields else None, sentences)
        else:
            if wants_json:
                return JsonResponse(material_data(material), status=201)
            messages.success(request, _("The file is in the room."))
            return redirect(request.path)
    words = {
        "room": room,
        "session": session_of(room),
        "materials": materials_for(request.user, room, role),
        "form": form if role in BRINGS else None,
    }
    return render(request, "realtime/materials.html", words, status=422 if form.errors else 200)


def _require_valid(form: FileForm) -> None:
    if not form.is_valid():
        fields = {name: list(sentences) for name, sentences in form.errors.items()}
        raise Invalid(next(iter(fields.values()))[0], fields=fields)


@require_safe
def material_file(
    request: HttpRequest, event_slug: str, room_code: str, material_id: int, name: str
) -> HttpResponse:
    """A file of the room, to be saved and not to be shown in the page, for those who may be in the room."""
    room, role = _room(request, event_slug, room_code)
    material = get_file(request.user, room, role, material_id, name)
    answer = FileResponse(
        material.file.open("rb"),
        as_attachment=True,
        filename=material.file_name,
        content_type=TYPES[material.file_type],
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _room(request: HttpRequest, event_slug: str, room_code: str) -> tuple[Room, str]:
    event = get_event(request.user, event_slug)
    request.event = event  # type: ignore[attr-defined]
    return get_room_by_code(request.user, event, room_code)
