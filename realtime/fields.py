"""Fields of the data of commands: JSON values as they are, nothing that merely looks like one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
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


_web_address = URLValidator(schemes=["http", "https"])


def validate_web_address(value: str) -> None:
    """Refuse what is not an address of the web, and one with a name and a password in it, which hides where it leads."""
    sentence = _("Give a whole web address, beginning with https:// or http://.")
    try:
        _web_address(value)
    except ValidationError as error:
        raise ValidationError(sentence) from error
    if "@" in urlsplit(value).netloc:
        raise ValidationError(sentence)


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


class StrictList(forms.Field):
    """A JSON list of at most `most` texts and whole numbers, each text at most `longest` characters and not empty."""

    def __init__(self, *, most: int, longest: int, numbers: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.most, self.longest, self.numbers = most, longest, numbers

    def to_python(self, value: Any) -> list[Any]:
        if value is None and not self.required:
            return []
        if not isinstance(value, list) or len(value) > self.most:
            raise ValidationError(_("This must be a list of at most %(most)d.") % {"most": self.most})
        return [self._entry(entry) for entry in value]

    def _entry(self, entry: Any) -> Any:
        if self.numbers and type(entry) is int and -(2**31) < entry < 2**31:
            return entry
        if not isinstance(entry, str) or not entry.strip() or len(entry) > self.longest or "\x00" in entry:
            raise ValidationError(
                _("Each entry must have between 1 and %(longest)d characters.") % {"longest": self.longest}
            )
        return entry.strip()

    def validate(self, value: Any) -> None:
        """An empty list is looked at by whoever knows what was asked."""


class NothingForm(forms.Form):
    """A command without data."""
