"""The screen in the hall: what the room shows there, and the links that open it without anybody signed in."""
