"""Segmentation end to end: which marks are found on a page, in which order, and where."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from serving.errors import TooLarge, UnusableImage
from serving.images import Picture, prepare
from serving.images.reading import Box, Segmentation, choose, segment
from tests.unit.images.reading.pages import HEIGHT, Grey, picture, sheet, write


def boxes(page: Grey) -> list[list[Box]]:
    """The boxes of the marks, line by line, if each piece counts as a digit and no part of one does."""
    found = segment(picture(page))
    return [[found.candidates[index].box for index in line] for line in readings(found)]


def readings(found: Segmentation) -> list[list[int]]:
    """The reading that the shapes alone favour: all candidates are equally good digits."""
    return choose(found, [0.5] * len(found.candidates)).lines


def counts(page: Grey) -> list[int]:
    """How many marks each line has."""
    return [len(line) for line in boxes(page)]


def test_lines_go_from_top_to_bottom_and_marks_from_left_to_right() -> None:
    page = sheet()
    write(page, "345", 60, 120)
    write(page, "67", 200, 300)
    found = boxes(page)
    assert [len(line) for line in found] == [3, 2]
    for line in found:
        assert [box[0] for box in line] == sorted(box[0] for box in line)
    assert max(box[1] + box[3] for box in found[0]) < min(box[1] for box in found[1])


def test_a_box_encloses_the_ink_of_its_mark() -> None:
    page = sheet()
    page[100:160, 200:210] = 0
    page[100:160, 300:310] = 0
    assert np.abs(np.array(boxes(page)) - [[[200, 100, 10, 60], [300, 100, 10, 60]]]).max() <= 1


def test_a_mark_is_prepared_as_classify_prepares_it_alone() -> None:
    page, alone = sheet(), sheet(200, 200)
    write(page, "38", 150, 200)
    write(alone, "3", 80, 120)
    found = segment(picture(page))
    first = found.candidates[readings(found)[0][0]].prepared.pixels.astype(int)
    expected = prepare(picture(alone), "ink@2").pixels.astype(int)
    assert np.abs(first - expected).mean() < 6


@pytest.mark.parametrize("angle", [-25, -10, 10, 25])
def test_a_line_that_slopes_is_one_line(angle: int) -> None:
    page = sheet(900, 900)
    write(page, "2345678", 250, 450)
    turn = cv2.getRotationMatrix2D((450, 450), angle, 1)
    assert counts(cv2.warpAffine(page, turn, (900, 900), borderValue=255)) == [7]


def test_a_line_that_waves_is_one_line() -> None:
    page, left = sheet(900, 300), 40
    for place, character in enumerate("234567892"):
        left = write(page, character, left, 150 + round(18 * np.sin(place / 1.5)))
    assert counts(page) == [9]


def test_wide_gaps_and_columns_stay_on_their_lines() -> None:
    page = sheet(1000, 400)
    for baseline in (120, 280):
        write(page, "23", 40, baseline)
        write(page, "567", 700, baseline)
    assert counts(page) == [5, 5]


def test_digits_of_several_sizes_are_read() -> None:
    page = sheet(700, 300)
    write(page, "32", 60, 200, scale=4.0)
    write(page, "56", 400, 200, scale=2.2)
    assert counts(page) == [4]


def test_the_pieces_of_a_broken_digit_are_joined_when_the_model_prefers_it() -> None:
    page = sheet()
    write(page, "8", 100, 200)
    cv2.ellipse(page, (300, 180), (14, 21), 0, 12, 168, 0, 4)
    cv2.ellipse(page, (300, 180), (14, 21), 0, 192, 348, 0, 4)
    found = segment(picture(page))
    whole = [number for number, each in enumerate(found.candidates) if each.box.height > 40]
    assert any(abs(found.candidates[number].box.left - 284) < 4 for number in whole)


def test_touching_digits_are_cut_when_the_model_prefers_it() -> None:
    page = sheet()
    write(page, "38", 200, 200, gap=-11)
    found = segment(picture(page))
    widths = [candidate.box.width for candidate in found.candidates]
    wide = max(widths)
    costs = [5.0 if width > 0.8 * wide or width < 0.3 * wide else 0.0 for width in widths]
    assert [len(line) for line in choose(found, costs).lines] == [2]
    costs = [0.0 if width == wide else 5.0 for width in widths]
    assert [len(line) for line in choose(found, costs).lines] == [1]


@pytest.mark.parametrize("width", [24, 34, 42])
def test_a_lone_wide_digit_stays_whole(width: int) -> None:
    page = sheet()
    cv2.ellipse(page, (300, 200), (width // 2, 21), 0, 0, 360, 0, 4)
    assert counts(page) == [1]


def test_a_one_beside_a_zero_is_no_part_of_it() -> None:
    page = sheet()
    cv2.ellipse(page, (300, 200), (15, 21), 0, 0, 360, 0, 4)
    cv2.line(page, (276, 179), (276, 221), 0, 4)
    assert counts(page) == [2]


def underlined(page: Grey) -> None:
    cv2.line(page, (60, 240), (520, 232), 0, 5)


def framed(page: Grey) -> None:
    cv2.rectangle(page, (40, 100), (560, 300), 0, 4)


def framed_twice(page: Grey) -> None:
    framed(page)
    cv2.rectangle(page, (20, 80), (580, 320), 0, 4)


def underlined_in_dashes(page: Grey) -> None:
    for left in range(90, 330, 14):
        cv2.line(page, (left, 222), (left + 7, 222), 0, 3)


def bulleted(page: Grey) -> None:
    cv2.circle(page, (40, 185), 5, 0, -1)


def specked(page: Grey) -> None:
    random = np.random.default_rng(5)
    for x, y in zip(random.integers(0, 596, 200), random.integers(0, 396, 200), strict=True):
        page[y : y + 2, x : x + 2] = 120


def shadowed(page: Grey) -> None:
    light = np.linspace(0.5, 1.0, page.shape[1])[None, :]
    page[:] = (page * light).astype(np.uint8)
    page[:, :25] = 20


def bordered(page: Grey) -> None:
    page[:8] = page[-8:] = 0


def squared(page: Grey) -> None:
    page[::20][page[::20] > 200] = 205
    page[:, ::20][page[:, ::20] > 200] = 205


@pytest.mark.parametrize(
    "spoil",
    [underlined, underlined_in_dashes, framed, framed_twice, bulleted, specked, shadowed, bordered, squared],
)
@pytest.mark.parametrize("inverted", [False, True], ids=["dark on light", "light on dark"])
def test_what_is_no_digit_is_left_out(spoil: Callable[[Grey], None], inverted: bool) -> None:
    page = sheet()
    write(page, "3582", 100, 210)
    spoil(page)
    assert counts(cv2.bitwise_not(page) if inverted else page) == [4]


def test_the_cells_of_a_grid_are_read_in_rows() -> None:
    page = sheet(500, 500)
    for place in range(50, 451, 100):
        cv2.line(page, (50, place), (450, place), 0, 4)
        cv2.line(page, (place, 50), (place, 450), 0, 4)
    for row, column, digit in ((0, 0, "3"), (0, 3, "8"), (1, 2, "5"), (3, 0, "2"), (3, 1, "6"), (3, 3, "9")):
        write(page, digit, 82 + 100 * column, 122 + 100 * row, scale=1.8)
    assert counts(page) == [2, 1, 3]


def test_small_digits_on_a_large_photograph_are_enlarged_from_it() -> None:
    page = sheet(2000, 1500)
    write(page, "35827", 900, 700, scale=0.9, gap=6)
    found = segment(picture(page))
    (line,) = readings(found)
    assert len(line) == 5
    alone = sheet(60, 60)
    write(alone, "3", 20, 40, scale=0.9)
    expected = prepare(picture(alone), "ink@2").pixels.astype(int)
    assert np.abs(found.candidates[line[0]].prepared.pixels - expected).mean() < 12


def test_a_picture_of_one_digit_has_one_mark() -> None:
    page = sheet(200, 200)
    write(page, "5", 80, 120)
    assert counts(page) == [1]


def test_a_picture_as_mnist_has_them_passes_untouched() -> None:
    page = np.zeros((28, 28), np.uint8)
    page[4:24, 9:19] = 255
    (candidate,) = segment(picture(page)).candidates
    assert np.array_equal(candidate.prepared.pixels, page)
    assert candidate.box == (9, 4, 10, 20)


@pytest.mark.parametrize("tone", [0, 128, 255])
def test_a_blank_page_is_refused(tone: int) -> None:
    with pytest.raises(UnusableImage):
        segment(Picture(np.full((300, 400), tone, np.uint8)))


def noise() -> Grey:
    return np.random.default_rng(1).integers(0, 256, (1500, 2000)).astype(np.uint8)


def ten_thousand_specks() -> Grey:
    page = sheet(2000, 2000)
    for x, y in np.random.default_rng(0).integers(0, 1995, (10_000, 2)):
        page[y : y + 4, x : x + 4] = 0
    return page


def nested_frames() -> Grey:
    page = sheet(1200, 1200)
    for edge in range(5, 590, 10):
        cv2.rectangle(page, (edge, edge), (1200 - edge, 1200 - edge), 0, 2)
    return page


def page_of_text() -> Grey:
    page = sheet(1700, 2400)
    for row in range(60, 2350, 34):
        words = "Sphinx of black quartz, judge my vow 1234567890 times, and pack my box."
        cv2.putText(page, words, (40, row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    return page


def scribble() -> Grey:
    page = sheet(2000, 2000)
    points = np.random.default_rng(2).integers(0, 2000, (3000, 1, 2)).astype(np.int32)
    cv2.polylines(page, [points], False, 0, 3)
    return page


def comb() -> Grey:
    page = sheet(4000, 60)
    for column in range(0, 4000, 7):
        page[10:50, column : column + 3] = 0
    page[28:31] = 0
    return page


@pytest.mark.parametrize("draw", [noise, ten_thousand_specks, nested_frames, page_of_text, scribble, comb])
def test_a_hostile_page_makes_no_more_candidates_than_four_for_each_mark_allowed(
    draw: Callable[[], Grey],
) -> None:
    try:
        found = segment(picture(draw()), most_marks=100)
    except (TooLarge, UnusableImage):
        return
    assert len(found.candidates) <= 4 * 100


def test_a_page_of_text_says_how_many_marks_are_allowed() -> None:
    with pytest.raises(TooLarge, match="more than 500 marks"):
        segment(picture(page_of_text()), most_marks=500)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 2), (30, 3000), (3, 3)])
def test_odd_shapes_are_read_or_refused(shape: tuple[int, int]) -> None:
    page = np.random.default_rng(3).integers(0, 256, shape).astype(np.uint8)
    try:
        found = segment(picture(page))
    except UnusableImage:
        return
    for candidate in found.candidates:
        left, top, width, height = candidate.box
        assert left >= 0
        assert top >= 0
        assert left + width <= shape[1] + 1
        assert top + height <= shape[0] + 1


def test_the_height_of_the_drawn_digits_is_what_the_tests_take_it_for() -> None:
    page = sheet()
    write(page, "8", 100, 200)
    ((box,),) = boxes(page)
    assert abs(box[3] - HEIGHT) <= 8
