"""Everything that writes the programme. Callers import from here; the files part it by subject."""

from conference.programme.actions.agenda import feed_address, revoke_feed, star, unstar
from conference.programme.actions.blocks import (
    announce,
    next_number,
    open_programme,
    refresh_search,
    set_parts,
)
from conference.programme.actions.places import (
    delete_day,
    delete_hall,
    delete_track,
    save_day,
    save_hall,
    save_track,
)
from conference.programme.actions.releases import fingerprint, release
from conference.programme.actions.sessions import (
    cancel_session,
    create_session,
    delete_session,
    edit_session,
    move_session,
    restore_session,
)
from conference.programme.actions.speakers import (
    create_speaker,
    delete_speaker,
    edit_speaker,
    link_speaker,
    set_speaker_photo,
    unlink_speaker,
)

__all__ = [
    "announce",
    "cancel_session",
    "create_session",
    "create_speaker",
    "delete_day",
    "delete_hall",
    "delete_session",
    "delete_speaker",
    "delete_track",
    "edit_session",
    "edit_speaker",
    "feed_address",
    "fingerprint",
    "link_speaker",
    "move_session",
    "next_number",
    "open_programme",
    "refresh_search",
    "release",
    "restore_session",
    "revoke_feed",
    "save_day",
    "save_hall",
    "save_track",
    "set_parts",
    "set_speaker_photo",
    "star",
    "unlink_speaker",
    "unstar",
]
