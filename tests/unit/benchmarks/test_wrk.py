"""Reading wrk's output."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from benchmarks.serving.wrk import WrkError, parse, percentile

OUTPUT = """Running 4s test @ http://127.0.0.1:8080/classify
  32 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    25.72ms   12.00ms 129.96ms   71.00%
  3982 requests in 4.00s, 1.90MB read
Requests/sec:    994.00
RESULT {"seconds":4.000000,"answered":3900,"wrong":2,"socket_errors":1,"timeouts":3,"statuses":{"429":70,"503":12},"times":{"700":1950,"900":1950},"refusals":{"600":82}}
"""  # noqa: E501 - one line, as wrk prints it


def test_the_result_line_is_read() -> None:
    drive = parse(OUTPUT, client_cpu=0.5)
    assert drive.rate == pytest.approx(975)
    assert (drive.wrong, drive.failed, drive.client_cpu) == (2, 4, 0.5)
    assert drive.statuses == {429: 70, 503: 12}


def test_output_without_a_result_is_an_error_that_shows_it() -> None:
    with pytest.raises(WrkError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused")


def test_a_percentile_is_the_time_of_its_step_to_a_hundredth() -> None:
    counted = Counter(math.floor(math.log(microseconds) * 100) for microseconds in range(1000, 2000))
    assert percentile(counted, 0.5) == pytest.approx(1.5, rel=0.01)
    assert percentile(counted, 0.99) == pytest.approx(1.99, rel=0.01)


def test_no_answers_have_no_percentile() -> None:
    assert math.isnan(percentile({}, 0.5))
