"""Text in several languages, kept side by side in one JSON column: `{"en": "Opening", "zh-hans": "开幕式"}`.

Keys are lower-case language tags as in `settings.LANGUAGES`, or any other tag that came with an import. A text is shown
in the reader's language, else in the nearest language it exists in; it is never shown empty while any version exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGE_TAG = re.compile(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$")

Text = dict[str, str]


def localise(text: Mapping[str, str] | str | None, language: str | None = None) -> str:
    """The version of `text` for a reader of `language` (default: the active one); "" only where there is none."""
    if not text:
        return ""
    if isinstance(text, str):
        return text
    return text[language_of(text, language)] if any(text.values()) else ""


def language_of(text: Mapping[str, str], language: str | None = None) -> str:
    """The tag of the version that `localise` would show, for `lang=` attributes; "" where there is none."""
    wanted = (language or get_language() or settings.LANGUAGE_CODE).lower()
    for tag in (wanted, wanted.split("-")[0], "en", "zh-hans"):
        if text.get(tag):
            return tag
    primary = wanted.split("-")[0]
    related = [tag for tag, value in text.items() if value and tag.split("-")[0] == primary]
    return related[0] if related else next((tag for tag, value in text.items() if value), "")


def validate_text(value: Any) -> None:
    """Refuse anything that is not a mapping from language tags to strings."""
    if not isinstance(value, dict):
        raise ValidationError(_("A text in several languages is a mapping from language to text."))
    for tag, text in value.items():
        if not isinstance(tag, str) or not LANGUAGE_TAG.match(tag):
            raise ValidationError(_("“%(tag)s” is not a language tag."), params={"tag": tag})
        if not isinstance(text, str):
            raise ValidationError(_("The text in “%(tag)s” is not text."), params={"tag": tag})


class TranslatedField(models.JSONField):
    """A column of `Text`. `max_length` bounds each language's version, in characters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)
        self.validators = [*self.validators, validate_text, self._validate_length]

    def _validate_length(self, value: Any) -> None:
        if self.max_length and any(len(text) > self.max_length for text in value.values()):
            raise ValidationError(
                _("At most %(limit)d characters in each language."), params={"limit": self.max_length}
            )

    def formfield(self, **kwargs: Any) -> Any:
        return TranslatedFormField(
            required=not self.blank,
            label=kwargs.get("label", self.verbose_name),
            help_text=self.help_text,
            max_length=self.max_length or 20_000,
            multiline=(self.max_length or 20_000) > 300,
        )


class TranslatedWidget(forms.MultiWidget):
    """One input for each language of the installation, each labelled and marked with its `lang`."""

    template_name = "shell/translated_widget.html"

    def __init__(self, languages: Sequence[tuple[str, str]], multiline: bool, max_length: int) -> None:
        self.languages = list(languages)
        make = forms.Textarea if multiline else forms.TextInput
        attrs = {"maxlength": max_length, "dir": "auto", **({"rows": 4} if multiline else {})}
        super().__init__({tag: make({**attrs, "lang": tag}) for tag, _name in self.languages})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for (_tag, language), subwidget in zip(self.languages, context["widget"]["subwidgets"], strict=True):
            subwidget["language"] = language
        return context

    def decompress(self, value: Mapping[str, str] | None) -> list[str]:
        return [(value or {}).get(tag, "") for tag, _name in self.languages]


class TranslatedFormField(forms.MultiValueField):
    """A form field for `Text`: required means at least one language."""

    widget: Any = TranslatedWidget

    def __init__(
        self,
        *,
        required: bool = True,
        max_length: int = 20_000,
        multiline: bool = False,
        languages: Sequence[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.languages = list(languages or settings.CONTENT_LANGUAGES)
        self.max_length, self.multiline = max_length, multiline
        fields = [forms.CharField(required=False, max_length=max_length) for _pair in self.languages]
        kwargs.setdefault("widget", TranslatedWidget(self.languages, multiline, max_length))
        super().__init__(fields, required=required, require_all_fields=False, **kwargs)

    def compress(self, data_list: list[str]) -> Text:
        pairs = zip(self.languages, data_list or [], strict=False)
        return {tag: value.strip() for (tag, _name), value in pairs if value and value.strip()}

    def clean(self, value: Any) -> Text:
        text: Text = super().clean(value)
        if self.required and not text:  # blanks in every language
            raise ValidationError(self.error_messages["required"], code="required")
        return text

    def has_changed(self, initial: Any, data: Any) -> bool:
        if initial is not None and not isinstance(initial, list):
            initial = self.widget.decompress(initial)
        return super().has_changed(initial, data)
