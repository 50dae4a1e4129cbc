"""Materials: links and files that are pinned to a room."""
