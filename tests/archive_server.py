"""A web server that offers a small archive in CIFAR-10's layout, and fails in the ways of real ones."""

from __future__ import annotations

import hashlib
import io
import random
import re
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cifar_core.data.cifar10_files import META_FILES, TEST_FILES, TRAIN_FILES

BATCHES = "cifar-10-batches-py"
NAMES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta")
PIECE = 4096


class ArchiveServer:
    """Serves one archive; what it does wrong is set on its attributes, at any time."""

    def __init__(self, file_bytes: int = 20_000) -> None:
        noise = random.Random(0)
        self.files = {name: noise.randbytes(file_bytes) for name in NAMES}
        self.archive = _packed(self.files)
        self.content = self.archive
        """What is sent; another one than the archive is a damaged download."""
        self.knows_ranges = True
        self.tells_length = True
        self.status: int | None = None
        """Answered to everything, without content."""
        self.cut_after: int | None = None
        """The connection ends after so many bytes of an answer."""
        self.hold_after: int | None = None
        """Nothing more is sent after so many bytes of an answer, until `go_on` is set."""
        self.holding, self.go_on = threading.Event(), threading.Event()
        self.seconds_a_piece = 0.0
        self.asked: list[str | None] = []
        """The Range header of every request."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/cifar-10-python.tar.gz"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stand_for_the_official_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Until the test ends; only in this process."""
        # Imported only now: most tests that share this need no torch.
        from torchvision.datasets import CIFAR10

        monkeypatch.setattr(CIFAR10, "url", self.url)
        monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(self.archive).hexdigest())
        for files, names in ((TRAIN_FILES, NAMES[:5]), (TEST_FILES, NAMES[5:6]), (META_FILES, NAMES[6:])):
            for name in names:
                monkeypatch.setitem(files, name, hashlib.md5(self.files[name]).hexdigest())

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers["Range"]
        self.asked.append(wanted)
        if self.status is not None:
            request.send_error(self.status)
            return
        begin = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.knows_ranges else 0  # type: ignore[index]
        if wanted and begin >= len(self.content):
            request.send_error(416)
            return
        body = self.content[begin:]
        request.send_response(206 if begin else 200)
        if begin:
            request.send_header("Content-Range", f"bytes {begin}-{len(self.content) - 1}/{len(self.content)}")
        if self.tells_length:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        self._send(request, body)

    def _send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        sent = 0
        while sent < len(body):
            if self.hold_after is not None and sent >= self.hold_after and not self.go_on.is_set():
                request.wfile.flush()
                self.holding.set()
                self.go_on.wait(30)
            if self.cut_after is not None and sent >= self.cut_after:
                return
            ends = [sent + PIECE, len(body), *(at for at in (self.hold_after, self.cut_after) if at and at > sent)]
            try:
                request.wfile.write(body[sent : min(ends)])
            except OSError:  # whoever asked has gone
                return
            sent = min(ends)
            time.sleep(self.seconds_a_piece)


def _packed(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{BATCHES}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
