"""What callers may pass."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from client.batches import LARGEST_BATCH_BYTES, Batcher
from client.errors import SourceError
from client.requests import body_for, json_body, multipart_body
from client.sources import SMALL, Upload, load, png_from_object


@pytest.mark.parametrize("size", [1, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL + 7])
def test_a_file_is_sent_byte_for_byte(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "file").write_bytes(content)
    upload = load(tmp_path / "file")
    assert upload.size == size
    assert b"".join(upload.blocks()) == content
    assert b"".join(upload.blocks()) == content, "a repetition sends it again"
    assert (upload.data is None) is (size > SMALL), "a large file does not lie in memory"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("", "cannot be read"),
        ("missing", "No such file"),
        (".", "it is a folder"),
        ("a\0b", "not a file name"),
    ],
)
def test_what_is_no_file_is_refused(place: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        load(place)


def test_nothing_is_refused() -> None:
    with pytest.raises(SourceError, match="empty"):
        load(b"")


def test_text_files_are_refused() -> None:
    with pytest.raises(SourceError, match="open it in binary mode"):
        load(io.StringIO("text"))


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(SourceError, match="too many for a picture"):
        load("/dev/zero")


def test_a_named_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"through a pipe"))
    writer.start()
    assert load(pipe).data == b"through a pipe"
    writer.join()


def test_a_file_that_shrinks_while_it_is_sent_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * (SMALL * 2))
    upload = load(path)
    path.write_bytes(b"x" * SMALL)
    with pytest.raises(SourceError, match="became shorter"):
        list(upload.blocks())


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((28,), np.uint8),
        np.zeros((0, 28), np.uint8),
        np.zeros((28, 28, 5), np.uint8),
        np.zeros((28, 28), np.int64),
        np.full((28, 28), 2.0),
        np.full((28, 28), np.nan),
        object(),
        7,
        None,
    ],
)
def test_objects_that_are_no_picture_are_refused(array: object) -> None:
    with pytest.raises(SourceError, match=r"array|not a picture"):
        png_from_object(array)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.eye(4, dtype=bool), np.eye(4) * 255),
        (np.eye(4, dtype=np.float32) * 0.5, np.eye(4) * 128),
        (np.arange(32, dtype=np.uint8).reshape(4, 8)[:, ::2], np.arange(0, 32, 2).reshape(4, 4)),
        (np.asfortranarray(np.arange(16, dtype=np.uint8).reshape(4, 4)), np.arange(16).reshape(4, 4)),
        (np.arange(16, dtype=np.uint8).reshape(4, 4, 1), np.arange(16).reshape(4, 4)),
    ],
)
def test_arrays_keep_their_pixels(array: Any, expected: Any) -> None:  # noqa: ANN401
    assert (np.asarray(Image.open(io.BytesIO(png_from_object(array)))) == expected).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr", "F"])
def test_images_of_every_mode_become_png(mode: str) -> None:
    png = png_from_object(Image.new(mode, (5, 4)))
    assert Image.open(io.BytesIO(png)).size == (5, 4)


def test_batches_are_bounded_in_bytes() -> None:
    batcher, sizes = Batcher(1000), []
    for _ in range(10):
        sizes += [len(batch) for batch in batcher.add(b"x" * (LARGEST_BATCH_BYTES // 3))]
    sizes += [len(batch) for batch in batcher.rest()]
    assert sizes == [3, 3, 3, 1]


def test_bodies_are_as_long_as_they_say(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * 200_000)
    uploads = [load(b"small"), load(tmp_path / "large"), load(b"last")]
    for body in (json_body([uploads[0], uploads[2]]), multipart_body(uploads), body_for(uploads)):
        assert sum(map(len, body.blocks())) == body.length
        assert sum(map(len, body.blocks())) == body.length


def test_many_small_pictures_go_out_in_few_blocks() -> None:
    uploads = [Upload(str(number), None, 500, b"x" * 500) for number in range(128)]
    assert len(list(multipart_body(uploads).blocks())) <= 2
    assert len(list(json_body(uploads).blocks())) == 1
