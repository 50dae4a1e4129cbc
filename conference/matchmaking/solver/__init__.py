"""The timetable of meetings: dataclasses in, dataclasses out (see `model`), no Django."""
