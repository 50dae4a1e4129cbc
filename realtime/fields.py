"""Fields of the data of commands: JSON values as they are, nothing that merely looks like one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


class StrictInteger(forms.IntegerField):
    """A JSON number, not a text that looks like one."""

    def to_python(self, value: Any) -> int | None:
        if value is not None and type(value) is not int:
            raise ValidationError(_("This must be a whole number."))
        return value


class StrictText(forms.CharField):
    """A JSON text: no list or number is turned into words."""

    def to_python(self, value: Any) -> str:
        if value is not None and not isinstance(value, str):
            raise ValidationError(_("This must be text."))
        return super().to_python(value) or ""


class StrictUUID(forms.UUIDField):
    def to_python(self, value: Any) -> Any:
        if value is not None and not isinstance(value, str):
            raise ValidationError(self.error_messages["invalid"])
        return super().to_python(value)


class StrictBoolean(forms.Field):
    """A JSON true or false, which must be there unless `required=False`: then it may be left out, and is None."""

    def to_python(self, value: Any) -> bool | None:
        if value is None and not self.required:
            return None
        if type(value) is not bool:
            raise ValidationError(_("This must be true or false."))
        return value

    def validate(self, value: Any) -> None:
        """False is an answer too."""


class NothingForm(forms.Form):
    """A command without data."""
