"""All tables of this app, for Django."""

from realtime.announcements.models import Announcement
from realtime.broadcast.models import Broadcast, Rating
from realtime.captions.models import Caption, Captioner, CaptionFeed, CaptionToken
from realtime.chat.models import Mention, Message, MessageReaction, ReadMark, Translation
from realtime.direct.models import Conversation, DirectMessage, Side
from realtime.encoder.models import EncoderKey
from realtime.materials.models import Material
from realtime.moderation.models import Report
from realtime.polls.models import Ballot, Poll
from realtime.questions.models import Hand, Question, Vote
from realtime.reactions.models import ReactionTotal
from realtime.rules.models import RoomRules
from realtime.screen.models import ScreenLink
from realtime.slides.models import Deck, Slide, SlideShow
from realtime.stage.models import Invitation, Publication, Scene, Seat, Silence
from realtime.timer.models import Timer

__all__ = [
    "Announcement",
    "Ballot",
    "Broadcast",
    "Caption",
    "CaptionFeed",
    "CaptionToken",
    "Captioner",
    "Conversation",
    "Deck",
    "DirectMessage",
    "EncoderKey",
    "Hand",
    "Invitation",
    "Material",
    "Mention",
    "Message",
    "MessageReaction",
    "Poll",
    "Publication",
    "Question",
    "Rating",
    "ReactionTotal",
    "ReadMark",
    "Report",
    "RoomRules",
    "Scene",
    "ScreenLink",
    "Seat",
    "Side",
    "Silence",
    "Slide",
    "SlideShow",
    "Timer",
    "Translation",
    "Vote",
]
