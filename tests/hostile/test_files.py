"""Hostile files end as a picture or as an error that tells the caller what to do."""

from __future__ import annotations

import pytest
from PIL import Image

from serving.contract import RECIPES
from serving.errors import InputError, UnreadableImage
from serving.images import Limits, decode, prepare
from tests.hostile.case import Case
from tests.hostile.corpus import damaged_files, files
from tests.hostile.pictures import (
    after_jpeg_start,
    after_png_header,
    drawing,
    encoded,
    jpeg_segment,
    png_chunk,
    variety,
)
from tests.hostile.work import ladder, many_exif_segments, many_scans

LIMITS = Limits()
DAMAGED = 1_500

# Pillow warns of damage that it goes on in spite of; in tests a warning is an error, in service it is not.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore:Image size:Warning")


def outcome(case: Case, recipe: str) -> str:
    """What becomes of a file; raises what is no error of the input."""
    try:
        prepared = prepare(decode(case.data, LIMITS), recipe)
    except InputError as error:
        return type(error).__name__
    assert prepared.pixels.shape == (28, 28)
    return "picture"


def test_hostile_files_end_as_pictures_or_as_errors_of_the_input() -> None:
    seen = set()
    for number, case in enumerate(files(costly=False)):
        assert len(case.data) <= LIMITS.max_bytes, case.name
        seen.add(outcome(case, RECIPES[number % 2]))
    assert seen == {"picture", "UnreadableImage", "UnsupportedImage", "TooLarge", "UnusableImage"}


def test_every_damaged_file_ends_as_a_picture_or_as_an_error_of_the_input() -> None:
    seen = [outcome(case, RECIPES[n % 2]) for n, case in enumerate(damaged_files(DAMAGED))]
    assert {"picture", "UnreadableImage"} <= set(seen)


@pytest.mark.parametrize(
    "data",
    [
        many_scans(500),
        many_exif_segments(60_000),
        after_jpeg_start(jpeg_segment(0xFE, b"") * 100_000),
        after_jpeg_start(b"\xff" * 1_000_000),
        after_png_header(png_chunk(b"abCd", b"") * 100_000),
    ],
    ids=["scans", "EXIF segments", "comments", "fill bytes", "chunks"],
)
def test_a_small_picture_that_asks_for_endless_work_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableImage):
        decode(data, LIMITS)


@pytest.mark.timeout(60)  # a search that began again at each fill byte took hours
@pytest.mark.parametrize("last", [b"", b"\x00", b"\xd0"], ids=["nothing", "stuffed zero", "restart"])
def test_fill_bytes_behind_a_damaged_picture_are_passed_over_once(last: bytes) -> None:
    whole = encoded(drawing("RGB"), "JPEG")
    with pytest.raises(UnreadableImage):
        decode(whole[: len(whole) // 2] + b"\xff" * 9_000_000 + last, LIMITS)


def test_progressive_pictures_with_profile_and_metadata_are_read_as_ever() -> None:
    profile, exif = bytes(range(256)) * 4_000, b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    data = encoded(
        drawing("RGB"), "JPEG", progressive=True, icc_profile=profile, exif=exif, comment=b"x" * 60_000
    )
    assert decode(data, LIMITS).grey.shape == (48, 48)


def test_what_follows_the_end_of_a_picture_does_not_count_as_its_work() -> None:
    film = b"\xff\xda\x00\x02" * 10_000  # telephones put a film behind the picture
    assert decode(encoded(drawing("RGB"), "JPEG") + film, LIMITS).grey.shape == (48, 48)


def test_damaged_tiffs_write_nothing_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    cut = [data[: len(data) * part // 20] for data in variety() if data[:2] == b"II" for part in range(1, 20)]
    for data in cut:
        outcome(Case("cut", data), RECIPES[0])
    assert capfd.readouterr().err == ""


@pytest.mark.timeout(60)  # gathering the rungs took more than two minutes
def test_a_page_of_dots_is_looked_through_no_longer_than_others() -> None:
    page = encoded(Image.fromarray(ladder(4_000, 125)), "PNG")
    assert outcome(Case("ladder", page), RECIPES[0]) in ("picture", "UnusableImage")
