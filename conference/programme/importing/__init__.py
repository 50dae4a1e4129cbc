"""Bringing a programme in from a file: what it would do (`plan_import`), and doing it (`import_schedule`).

bytes -> exchange.read_schedule -> matching -> ImportPlan -> writing
"""

from conference.programme.importing.actions import ImportReport, import_schedule
from conference.programme.importing.plan import ImportPlan
from conference.programme.importing.queries import importer, plan_import

__all__ = ["ImportPlan", "ImportReport", "import_schedule", "importer", "plan_import"]
