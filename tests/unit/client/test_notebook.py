"""How results look in a notebook, and folders as DataFrames."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from PIL import Image

from client.errors import SourceError
from client.results import Failure, Line, Mark, Prediction, Reading, SeenInput
from client.synchronous import Client
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway
from tests.unit.client.made import grey_png


def _pictures(html: str) -> list[Image.Image]:
    found = re.findall(r"data:image/png;base64,([^\"]+)", html)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in found]


def _prediction(source: object, **more: object) -> Prediction:
    values = {"name": "a.png", "label": "7", "class_id": 7, "probability": 0.97, "status": "ok"}
    return Prediction(**{**values, "model": "mnist", "version": 3, "source": source, **more})  # type: ignore[arg-type]


def test_a_prediction_shows_its_picture_label_and_what_the_model_saw() -> None:
    source = Image.new("RGB", (400, 200), "white")
    html = _prediction(source, input=SeenInput(fake.SEEN))._repr_html_()
    picture, seen = _pictures(html)
    assert picture.size == (112, 56)
    assert seen.size == (28, 28)
    assert "<b>7</b> 97.0%, ok" in html


@pytest.mark.parametrize("kind", ["path", "bytes", "array"])
def test_every_kind_of_source_is_shown(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(grey_png(bytes(784)))
    sources = {"path": path, "bytes": path.read_bytes(), "array": np.zeros((28, 28), np.uint8)}
    assert len(_pictures(_prediction(sources[kind])._repr_html_())) == 1


@pytest.mark.parametrize("source", ["missing.png", b"no picture", None, b""])
def test_a_picture_that_cannot_be_shown_is_left_out(source: object) -> None:
    html = _prediction(source)._repr_html_()
    assert _pictures(html) == []
    assert "<b>7</b>" in html


def test_nothing_in_a_result_becomes_markup() -> None:
    html = _prediction(None, name="<script>", label="<b>", warnings=("<i>",))._repr_html_()
    assert not re.search(r"<script>|<b><b>|<i>", html)
    failure = Failure("<script>", SourceError("<img src=x>"))
    assert not re.search(r"<script>|<img", failure._repr_html_())


def test_a_failure_shows_why() -> None:
    failure = Failure("a.png", SourceError("'a.png' is empty."))
    assert "unreadable_source" in failure._repr_html_()
    assert "is empty" in failure._repr_html_()


def test_a_reading_shows_its_boxes() -> None:
    mark = Mark("7", 7, 0.99, "ok", (100, 100, 200, 200))
    source = Image.new("RGB", (960, 480), "white")
    html = Reading("n", "7", "ok", (Line("7", (mark,)),), "mnist", 3, source=source)._repr_html_()
    (picture,) = _pictures(html)
    assert picture.size == (480, 240)
    assert picture.convert("RGB").getpixel((50, 100)) != (255, 255, 255), "the left side of the box"
    assert picture.convert("RGB").getpixel((100, 100)) == (255, 255, 255), "within it"


def test_a_folder_becomes_a_data_frame(client: Client, pictures: Path, gateway: FakeGateway) -> None:
    (pictures / "bad.png").write_bytes(fake.BAD)
    (pictures / "sub").mkdir()
    (pictures / "sub" / "deep.png").write_bytes(b"1")
    (pictures / "Thumbs.db").write_bytes(b"x")
    frame = client.classify_frame(pictures, top_k=1)
    assert list(frame["file"]) == sorted(str(path) for path in pictures.glob("*.png"))
    assert frame["version"].dtype == "Int64"
    assert list(frame["error"].dropna()) == ["unsupported_image"]
    assert pandas.isna(frame.set_index("file").loc[str(pictures / "bad.png"), "class_id"])
    assert gateway.received[0].query["top_k"] == ["1"]
    assert len(client.classify_frame(pictures, recursive=True)) == 12


def test_pictures_become_a_data_frame_too(client: Client) -> None:
    frame = client.classify_frame([b"1", b"22", fake.ODD])
    assert list(frame["label"]) == ["1", "2", "3"]
    assert frame["warnings"].iloc[2] == "Several marks.; One is wide."
    assert list(client.classify_frame([]).columns) == list(frame.columns)


def test_without_pandas_it_says_what_to_install(gateway: FakeGateway) -> None:
    program = (
        "import sys; sys.modules['pandas'] = None; from client import Client, ClientError\n"
        f"with Client({gateway.url!r}) as client:\n"
        "    try: client.classify_frame([b'1'])\n"
        "    except ClientError as error: print(error.detail)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install pandas" in done.stdout
    assert gateway.received == []
