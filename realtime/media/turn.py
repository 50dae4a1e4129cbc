"""Credentials for a TURN server that hold for a while (the TURN REST API, draft-uberti-behave-turn-rest-00). Pure.

The server, such as coturn with `use-auth-secret`, shares a secret with us and knows nobody: the name says until when it may be
used and by whom, and the password is the name signed with the secret. So nothing that could be used for long reaches a browser.
"""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Final

LIFETIME: Final = timedelta(hours=12)
"""A day at a conference: browsers use them again when they change networks in a session that stands."""


def turn_credentials(secret: str, person: str, now: float) -> tuple[str, str]:
    """Name and password for this person, good for `LIFETIME` from now (seconds since 1970)."""
    username = f"{int(now + LIFETIME.total_seconds())}:{person}"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(digest).decode()
