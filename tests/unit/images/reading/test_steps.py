"""Each step of the segmentation by itself: pieces, frames, lines, cuts, the choice."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from serving.images.reading import Line, Segmentation, Span, choose
from serving.images.reading.cuts import CutMark, cut_mark
from serving.images.reading.frames import is_dash, is_flat, without_frames, without_splinters, written_across
from serving.images.reading.lattice import atoms_of, runs, skips
from serving.images.reading.lines import common_slope, lines_of, stacks_of
from serving.images.reading.marks import marks_of
from serving.images.reading.paper import without_edges
from serving.images.reading.pieces import Piece, joined, pieces_of
from serving.images.reading.segmentation import Skip
from tests.unit.images.reading.pages import Grey, picture, sheet, write


def bar(left: int, top: int, width: int = 10, height: int = 40) -> Piece:
    return Piece(left, top, np.full((height, width), 255, np.uint8), 150.0)


def ink(page: Grey, least: int = 3) -> list[Piece]:
    dark = cv2.bitwise_not(page)
    return pieces_of(cv2.threshold(dark, 127, 255, cv2.THRESH_BINARY)[1], dark, least)


def test_pieces_are_connected_ink_that_is_large_enough() -> None:
    page = sheet(100, 100)
    page[10:40, 10:14] = 0
    page[60:90, 50:54] = 100
    page[5:7, 80:82] = 0
    first, second = ink(page)
    assert (first.left, first.top, first.width, first.height, first.area) == (10, 10, 4, 30, 120)
    assert (second.left, second.top, second.tone) == (50, 60, 155.0)
    assert ink(sheet(100, 100)) == []


def test_joining_pieces_keeps_the_ink_of_both() -> None:
    one, other = bar(10, 20), bar(30, 10)
    whole = joined([one, other])
    assert (whole.left, whole.top, whole.right, whole.bottom) == (10, 10, 40, 60)
    assert whole.area == one.area + other.area


def test_a_box_around_a_digit_is_a_frame_and_a_ring_of_a_digit_is_none() -> None:
    page = sheet()
    write(page, "8", 100, 200)
    cv2.rectangle(page, (80, 130), (170, 230), 0, 3)
    write(page, "0", 400, 200)
    marks, frames = without_frames(ink(page))
    assert (len(marks), len(frames)) == (2, 1)
    assert frames[0].width >= 90


def test_a_mark_with_a_stray_stroke_beside_it_is_no_frame() -> None:
    page = sheet()
    write(page, "7", 100, 200, scale=4.0)
    cv2.line(page, (112, 160), (112, 190), 0, 3)
    assert without_frames(ink(page))[1] == []


def test_a_digit_that_touches_a_grid_is_taken_out_of_it() -> None:
    page = sheet()
    cv2.rectangle(page, (100, 100), (500, 300), 0, 4)
    cv2.line(page, (300, 100), (300, 300), 0, 4)
    write(page, "8", 150, 220)
    write(page, "5", 400, 220)
    touching = page.copy()
    write(touching, "3", 267, 220)
    marks, (frame,) = without_frames(ink(touching))
    assert len(marks) == 2
    (found,) = written_across(frame, 42.0)
    assert 260 < found.left < 280
    assert written_across(without_frames(ink(page))[1][0], 42.0) == []


def test_splinters_along_a_frame_are_dropped() -> None:
    page = sheet()
    cv2.rectangle(page, (100, 100), (500, 300), 0, 4)
    (frame,) = ink(page)
    beside, inside = bar(104, 150, 3, 40), bar(250, 150)
    assert without_splinters([beside, inside], frame, 40.0) == [inside]


def test_an_underline_is_flat_and_touching_digits_are_not() -> None:
    page = sheet()
    write(page, "2357", 100, 200, gap=-10)
    cv2.ellipse(page, (250, 300), (200, 30), 0, 180, 360, 0, 4)
    digits, line = sorted(ink(page), key=lambda piece: piece.top)
    assert not is_flat(digits, 42.0)
    assert is_flat(line, 42.0)
    assert not is_flat(bar(0, 0), 42.0)


def test_a_dash_is_low_and_wide() -> None:
    assert is_dash(bar(0, 0, 30, 8), 40.0)
    assert not is_dash(bar(0, 0, 8, 16), 40.0)
    assert not is_dash(bar(0, 0, 60, 38), 40.0)


def test_marks_are_told_from_blots_faint_ink_and_bits() -> None:
    digits = [bar(60 * place, 50) for place in range(1, 6)]
    blot = Piece(400, 50, np.full((50, 60), 255, np.uint8), 150.0)
    faint = Piece(500, 50, np.full((40, 10), 255, np.uint8), 20.0)
    bit, speck = bar(75, 40, 6, 8), bar(300, 10, 2, 2)
    marks = marks_of([*digits, blot, faint, bit, speck], (200, 600))
    assert marks.bodies == digits
    assert marks.bits == [bit]


def test_rules_are_no_marks_even_where_most_of_the_ink_is_theirs() -> None:
    rules = [bar(10, 60 * place, 900, 6) for place in range(1, 5)]
    digits = [bar(60 * place, 70) for place in range(1, 4)]
    assert marks_of([*rules, *digits], (400, 1000)).bodies == digits


def test_a_tall_piece_at_the_edge_is_what_lies_around_the_paper() -> None:
    digits = [bar(60 * place, 50) for place in range(1, 6)]
    edge = bar(0, 20, 12, 90)
    assert marks_of([*digits, edge], (200, 600)).bodies == digits
    inside = bar(400, 20, 12, 90)
    assert marks_of([*digits, inside], (200, 600)).bodies == [*digits, inside]


def test_marks_that_overlap_in_height_share_a_line() -> None:
    first = [bar(10, 20), bar(50, 28), bar(400, 15)]
    second = [bar(20, 100), bar(60, 95)]
    assert lines_of([*second, *first], 0.0) == [first, second]


def test_the_pieces_of_a_broken_digit_share_a_stack_and_two_lines_do_not() -> None:
    upper, lower, beside = bar(100, 50, 30, 18), bar(104, 72, 28, 20), bar(160, 50)
    assert stacks_of([upper, lower, beside], 42.0) == [[upper, lower], [beside]]
    assert [len(stack) for stack in stacks_of([bar(100, 50), bar(100, 95)], 42.0)] == [1, 1]


def test_the_slope_of_a_page_is_that_of_the_links_between_neighbours() -> None:
    falling = [bar(60 * place, 20 + 40 * place) for place in range(6)]
    assert common_slope(falling) == pytest.approx(40 / 60, abs=0.01)
    assert [len(line) for line in lines_of(falling, common_slope(falling))] == [6]
    zigzag = [bar(50 * place, 40 * (place % 2)) for place in range(6)]
    assert common_slope(zigzag) == 0.0
    assert common_slope([]) == common_slope([bar(0, 0)]) == 0.0


def part_ending_near(body: CutMark, column: float) -> bool:
    """Whether one of the cuts parts the body at a column of the page, by the boxes on both sides."""
    for place in range(1, body.parts):
        left, right = body.part(0, place), body.part(place, body.parts)
        if left and right and abs(left.right - column) <= 8 and abs(right.left - column) <= 8:
            return True
    return False


@pytest.mark.parametrize("text", ["38", "50", "66", "10", "338", "2352"])
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_touching_digits_may_be_cut_where_they_touch(text: str, slope: float) -> None:
    page = sheet()
    edges, left = [], 150
    for character in text:
        edges.append(left + 3 + slope * 180)
        left = write(page, character, left, 200, gap=-11)
    page = cv2.warpAffine(page, np.array([[1, slope, 0], [0, 1, 0]]), (600, 400), borderValue=255)
    (piece,) = ink(page)
    body = cut_mark(piece, 42.0)
    assert all(part_ending_near(body, edge) for edge in edges[1:])


def test_neighbouring_parts_of_a_body_have_its_ink_between_them() -> None:
    page = sheet()
    write(page, "38", 200, 200, gap=-11)
    (piece,) = ink(page)
    body = cut_mark(piece, 42.0)
    assert body.parts >= 2
    assert body.part(0, body.parts) is piece
    for place in range(1, body.parts):
        left, right = body.part(0, place), body.part(place, body.parts)
        assert left is not None
        assert right is not None
        assert left.area + right.area == piece.area


def test_a_narrow_mark_is_not_cut() -> None:
    assert cut_mark(bar(10, 20), 40.0).parts == 1


def test_a_row_of_thick_touching_digits_is_no_rule() -> None:
    page = sheet()
    for place in range(6):
        cv2.ellipse(page, (120 + 26 * place, 200), (12, 16), 0, 0, 360, 0, 9)
    (row,) = ink(page)
    assert marks_of([row], page.shape).bodies == [row]


def test_every_digit_is_a_run_and_so_are_neighbours_that_nearly_touch() -> None:
    near, far = [bar(0, 0), bar(12, 0)], bar(100, 0)
    found = {(run.start, run.stop): run.penalty for run in runs(atoms_of([*near, far], [], 40.0), 40.0)}
    assert set(found) == {(0, 1), (1, 2), (2, 3), (0, 2)}
    assert found[(0, 1)] == 0.0
    assert found[(0, 2)] > 0.0


def test_a_bit_is_no_digit_but_may_belong_to_one() -> None:
    body, bit = bar(0, 0), bar(14, 0, 8, 6)
    atoms = atoms_of([body], [bit], 40.0)
    assert [(run.start, run.stop) for run in runs(atoms, 40.0)] == [(0, 1), (0, 2)]
    leave_body, leave_bit = (skip.cost for skip in skips(atoms, 40.0, 400.0))
    assert leave_bit < leave_body


def line(length: int, *spans: tuple[int, int, float]) -> tuple[Segmentation, list[float]]:
    """A line whose atoms cost 6 each to leave out, with spans at their costs."""
    candidates = [Span(start, stop, number, 0.0) for number, (start, stop, _) in enumerate(spans)]
    leave = tuple(Skip(atom, atom + 1, 6.0) for atom in range(length))
    return Segmentation((), (Line(length, leave, tuple(candidates)),)), [cost for *_, cost in spans]


def test_the_cheapest_way_through_a_line_is_chosen() -> None:
    segmentation, costs = line(3, (0, 1, 2.0), (1, 2, 2.0), (0, 2, 0.5), (2, 3, 0.1))
    assert choose(segmentation, costs) == ([[2, 3]], False)
    costs[2] = 4.5
    assert choose(segmentation, costs) == ([[0, 1, 3]], False)


def test_what_is_no_digit_at_all_is_left_out_and_told() -> None:
    segmentation, costs = line(2, (0, 1, 0.1), (1, 2, 9.0))
    assert choose(segmentation, costs) == ([[0]], True)


def test_a_reading_that_cuts_ink_is_doubtful_and_one_that_does_not_is_sure() -> None:
    spans = (Span(0, 1, 0, 0.2, doubtful=True), Span(1, 2, 1, 0.2, doubtful=True), Span(0, 2, 2, 0.0))
    segmentation = Segmentation((), (Line(2, (Skip(0, 1, 6.0), Skip(1, 2, 6.0)), spans),))
    assert choose(segmentation, [0.0, 0.0, 3.0]) == ([[0, 1]], True)
    assert choose(segmentation, [0.0, 0.0, 0.1]) == ([[2]], False)


def test_a_line_without_any_digit_is_no_line() -> None:
    segmentation, costs = line(1, (0, 1, 9.0))
    assert choose(segmentation, costs) == ([], True)


def test_a_border_is_cut_away_and_a_shadow_is_not() -> None:
    page = sheet()
    page[:10] = 0
    page[:, -30:] = 20
    kept, left, top = without_edges(picture(page))
    assert left == 0
    assert 10 <= top <= 16
    assert 560 <= kept.grey.shape[1] <= 570
    soft = (sheet() * np.linspace(0.3, 1.0, 600)[None, :]).astype(np.uint8)
    assert without_edges(picture(soft))[0].grey.shape == soft.shape
