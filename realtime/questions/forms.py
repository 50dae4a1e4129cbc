"""The data of the commands about questions and raised hands."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from realtime.fields import StrictBoolean, StrictInteger, StrictText, StrictUUID
from realtime.questions.models import Hand, Place, Question

MAX_QUESTION = Question._meta.get_field("text").max_length
MAX_ANSWER = 2000
MAX_NAME = Hand._meta.get_field("name").max_length
LARGEST_ID = 2**53 - 1

TOO_LONG = _("This may have at most %(limit_value)d characters; it has %(show_value)d.")


class AskForm(forms.Form):
    client_id = StrictUUID()
    text = StrictText(
        max_length=MAX_QUESTION,
        error_messages={"required": _("Write your question first."), "max_length": TOO_LONG},
    )
    anonymous = StrictBoolean(required=False)
    place = forms.ChoiceField(choices=Place.choices, required=False)


class QuestionForm(forms.Form):
    question = StrictInteger(min_value=1, max_value=LARGEST_ID)


class VoteForm(QuestionForm):
    wanted = StrictBoolean()


class PinForm(QuestionForm):
    pinned = StrictBoolean()


class MergeForm(QuestionForm):
    into = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)


class AnswerForm(QuestionForm):
    text = StrictText(max_length=MAX_ANSWER, required=False, error_messages={"max_length": TOO_LONG})


class RaiseForm(forms.Form):
    place = forms.ChoiceField(choices=Place.choices, required=False)


class NameForm(forms.Form):
    name = StrictText(
        max_length=MAX_NAME, error_messages={"required": _("Give a name."), "max_length": TOO_LONG}
    )


class HandForm(forms.Form):
    hand = StrictInteger(min_value=1, max_value=LARGEST_ID)


class MoveForm(HandForm):
    before = StrictInteger(min_value=1, max_value=LARGEST_ID, required=False)
