"""Models go to the hub and come back by name; the hub is a small server here that keeps what it is given."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.model.card import ModelCard
from phoihop.model.hub import is_hub_name
from phoihop.model.loading import DEFAULT, MODEL_FILES
from phoihop.model.predict import Extractor

TEXT = "Thượng tá Lê Văn Bình, Chính ủy Trung đoàn 88, phát biểu tại lễ ký kết."


class Hub(ThreadingHTTPServer):
    """The few calls of the hub that uploading and downloading need."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.made: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.tokens: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def tell(self, data: Any) -> None:
        self.send(json.dumps(data).encode(), Content_Type="application/json")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tokens.add(self.headers.get("Authorization", ""))
        parts = self.path.strip("/").split("/")
        if self.path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization')}/{asked['name']}"
            if name in self.server.made:
                self.send(json.dumps({"url": f"{self.server.address}/{name}"}).encode(), 409)
                return
            self.server.made[name] = asked
            self.tell({"url": f"{self.server.address}/{name}", "name": name})
        elif parts[-2] == "preupload":
            files = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            self.tell({"files": modes})
        elif parts[-2] == "commit":
            name = "/".join(parts[2:4])
            for line in map(json.loads, body.splitlines()):
                if line["key"] == "file":
                    content = base64.b64decode(line["value"]["content"])
                    self.server.files.setdefault(name, {})[line["value"]["path"]] = content
                elif line["key"] == "deletedFile":
                    del self.server.files[name][line["value"]["path"]]
            self.tell({"commitUrl": f"{self.server.address}/{name}/commit/{'c' * 40}", "commitOid": "c" * 40})
        else:  # whether a model card's metadata is valid
            self.tell({"errors": [], "warnings": []})

    def do_GET(self) -> None:
        parts = self.path.partition("?")[0].strip("/").split("/")
        name = "/".join(parts[2:4] if parts[0] == "api" else parts[:2])
        files = self.server.files.get(name)
        if name in self.server.made and files is None:
            files = {}
        if files is None:
            self.send(b"", 404, X_Error_Code="RepoNotFound", X_Error_Message="Nothing of that name.")
        elif parts[0] == "api" and "tree" in parts:
            self.tell([{"type": "file", "path": f, "size": len(c), "oid": "0"} for f, c in files.items()])
        elif parts[0] == "api":
            seen = {"private": self.server.made.get(name, {}).get("visibility") == "private"}
            self.tell({"id": name, "sha": "c" * 40, "siblings": [{"rfilename": f} for f in files]} | seen)
        else:
            content = files["/".join(parts[4:])]
            self.send(content, ETag=f'"{hashlib.sha256(content).hexdigest()}"', X_Repo_Commit="c" * 40)

    do_HEAD = do_GET


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def phoihop(hub: Hub, cache: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it, with this hub for the hub and an empty cache."""
    env = os.environ | {"HF_ENDPOINT": hub.address, "HF_HOME": str(cache), "HF_TOKEN": "hf_secret"}
    env |= {"HF_HUB_OFFLINE": "0", "no_proxy": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-m", "phoihop", *args],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_pushed_model_predicts_by_its_name(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    model = tmp_path / "model"
    Extractor.load().save_pretrained(model)
    (model / "diary.txt").write_text("not of the model", encoding="utf-8")
    done = phoihop(hub, tmp_path / "one", "push", str(model), "team/officials", "--private")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"uploaded: {hub.address}/team/officials")
    assert hub.made["team/officials"]["visibility"] == "private" and "Bearer hf_secret" in hub.tokens
    assert hub.files["team/officials"].keys() == {f for f in MODEL_FILES if (DEFAULT / f).is_file()}

    found = phoihop(hub, tmp_path / "two", "predict", str(tmp_path / "a.txt"), "--model", "team/officials")
    assert found.returncode == 0, found.stderr
    assert "team/officials: onnx on cpu" in found.stderr
    here = phoihop(hub, tmp_path / "two", "predict", str(tmp_path / "a.txt"))
    assert json.loads(found.stdout) == json.loads(here.stdout)


def test_what_an_earlier_model_left_on_the_hub_goes_and_other_files_stay(hub: Hub, tmp_path: Path) -> None:
    hub.files["team/m"] = {"model.safetensors": b"old", "config.json": b"{}", "notes.txt": b"mine"}
    hub.made["team/m"] = {}
    done = phoihop(hub, tmp_path / "cache", "push", str(DEFAULT), "team/m")
    assert done.returncode == 0, done.stderr
    here = {f for f in MODEL_FILES if (DEFAULT / f).is_file()}
    assert hub.files["team/m"].keys() == here | {"notes.txt"}
    done = phoihop(hub, tmp_path / "cache", "push", str(DEFAULT), "team/m", "--private")
    assert done.returncode == 2 and "for all to see" in done.stderr


def test_what_the_hub_does_not_have_is_one_sentence(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    done = phoihop(hub, tmp_path / "cache", "predict", str(tmp_path / "a.txt"), "--model", "team/nothing")
    assert done.returncode == 2
    assert "team/nothing: no such folder, and the model hub did not give it" in " ".join(done.stderr.split())
    assert "Nothing of that name" in " ".join(done.stderr.split())


def test_a_hub_out_of_reach_is_one_sentence(hub: Hub, tmp_path: Path) -> None:
    hub.server_close()
    done = phoihop(hub, tmp_path / "cache", "push", str(DEFAULT), "team/officials")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "team/officials: the model hub did not take it" in " ".join(done.stderr.split())
    done = phoihop(hub, tmp_path / "cache", "push", str(DEFAULT), "officials")
    assert done.returncode == 2 and "owner/name" in done.stderr
    done = phoihop(hub, tmp_path / "cache", "push", str(tmp_path / "mime"), "team/officials")
    assert done.returncode == 2 and "no such model folder" in done.stderr


@pytest.mark.parametrize(
    "name, is_one", [("a/b", True), ("./a", False), ("../a", False), ("mô/hình", False), ("a/b/c", False)]
)
def test_paths_are_no_names_of_hub_models(name: str, is_one: bool) -> None:
    assert is_hub_name(name) is is_one


def test_a_saved_model_is_the_same_with_its_settings_of_now(tmp_path: Path) -> None:
    model = Extractor.from_pretrained("default", threads=1)
    model.save_pretrained(tmp_path / "copy")
    again = Extractor.from_pretrained(tmp_path / "copy", threads=1)
    assert again.predict(TEXT) == model.predict(TEXT)
    assert ModelCard.load(tmp_path / "copy").about == model.card.about

    deaf = ModelCard.load(DEFAULT)
    deaf = type(deaf)(**{**vars(deaf), "thresholds": dict.fromkeys(deaf.schema.relations, 1.0)})
    model.with_card(deaf).save_pretrained(tmp_path / "copy")
    assert Extractor.load(tmp_path / "copy").predict(TEXT).relations == ()
    assert model.predict(TEXT).relations


def test_only_a_single_model_is_saved_and_not_over_itself(tmp_path: Path) -> None:
    model = Extractor.load()
    with pytest.raises(PhoihopError, match="own folder"):
        model.save_pretrained(DEFAULT)
    with pytest.raises(PhoihopError, match="single model"):
        Extractor.load(["default", "default"]).save_pretrained(tmp_path / "two")
    (tmp_path / "README.md").write_text("of another project", encoding="utf-8")
    with pytest.raises(PhoihopError, match=r"holds README\.md of something else"):
        model.save_pretrained(tmp_path)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "of another project"


def test_a_model_whose_folder_is_gone_spoils_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Extractor.load().save_pretrained(tmp_path / "a")
    monkeypatch.chdir(tmp_path)
    model = Extractor.load("a")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    model.save_pretrained("b")
    assert Extractor.load("b").predict(TEXT) == model.predict(TEXT)
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(PhoihopError, match="gone"):
        model.save_pretrained("b")
    assert Extractor.load("b").predict(TEXT).entities
