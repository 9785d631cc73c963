"""The benchmark of uploads with peers: the requests to each system, and that everything is sent once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.serving.systems import GATEWAY, LITSERVE, all_systems
from benchmarks.serving.uploads import Sent, go_through, requests_for

received: Counter[bytes] = Counter()


class Echo(BaseHTTPRequestHandler):
    """Answers 422 to the body 3 and 200 to any other."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received[body] += 1
        self.send_response(422 if body == b"3" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    received.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head = "kind\tlabel\tnote\twidth\theight\tfile\n"
    rows = ["digits\t1\tdrawn\t28\t28\tone.png\n", "fashion\tcoat\tphoto\t500\t500\tcoat.jpg\n"]
    (tmp_path / "MANIFEST.tsv").write_text(head + "".join(rows))
    (tmp_path / "one.png").write_bytes(b"png of a one")
    (tmp_path / "coat.jpg").write_bytes(b"jpeg of a coat")
    return tmp_path


def test_every_upload_is_sent_once_and_its_status_kept_in_order(url: str) -> None:
    sent = [Sent("/predict", "image/*", b"%d" % number) for number in range(11)]
    statuses = go_through(url, sent, clients=4)
    assert statuses == [422 if number == 3 else 200 for number in range(11)]
    assert received == Counter({b"%d" % number: 1 for number in range(11)})


def test_this_project_gets_each_upload_at_the_model_for_its_kind(folder: Path) -> None:
    sent = requests_for(all_systems(None)[GATEWAY], folder)
    assert [(each.path, each.body) for each in sent] == [
        ("/v1/models/mnist:classify", b"png of a one"),
        ("/v1/models/fashion_mnist:classify", b"jpeg of a coat"),
    ]


def test_a_peer_gets_every_upload_in_its_format(folder: Path) -> None:
    sent = requests_for(all_systems(None)[LITSERVE], folder)
    assert {(each.path, each.kind) for each in sent} == {("/predict", "application/json")}
    assert sent[0].body == b'{"images": ["cG5nIG9mIGEgb25l"]}'
