"""The blocking client against a scripted gateway."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from client.errors import BadReply, ServiceUnreachable, SourceError, TimedOut
from client.problems import (
    BadModelReply,
    InternalError,
    ModelUnavailable,
    NotFound,
    RateLimited,
    TooLarge,
    UnsupportedImage,
)
from client.results import Failure, Prediction
from client.retry import RetryPolicy
from client.synchronous import Client
from tests.unit.client import fake_gateway as fake
from tests.unit.client.fake_gateway import FakeGateway

QUICK = RetryPolicy(retries=3, first_wait=0.01)


def test_a_path_is_classified(client: Client, pictures: Path) -> None:
    path = pictures / "3.png"
    answer = client.classify(path)
    digit = len(path.read_bytes()) % 10
    assert (answer.label, answer.class_id, answer.status) == (str(digit), digit, "ok")
    assert (answer.model, answer.version, answer.name, answer.source) == ("mnist", 3, str(path), path)
    assert answer.top[0].probability == 0.75


def test_bytes_files_images_and_arrays_are_classified(client: Client, gateway: FakeGateway) -> None:
    client.classify(b"12345")
    client.classify(io.BytesIO(b"1234567"), name="from memory")
    client.classify(Image.new("L", (28, 28), 255))
    client.classify(np.eye(28, dtype=np.uint8) * 255)
    sent = [request.images[0][1] for request in gateway.received]
    assert sent[:2] == [b"12345", b"1234567"]
    assert np.asarray(Image.open(io.BytesIO(sent[2]))).min() == 255
    assert (np.asarray(Image.open(io.BytesIO(sent[3]))) == np.eye(28) * 255).all()


def test_the_options_are_sent(client: Client, gateway: FakeGateway) -> None:
    answer = client.classify(b"1", version=2, top_k=5, include=["input", "probabilities"], fit="stretch")
    request = gateway.received[0]
    assert request.path == "/v1/models/mnist/versions/2:classify"
    assert request.query == {"top_k": ["5"], "fit": ["stretch"], "include": ["input,probabilities"]}
    assert answer.input is not None
    assert (answer.input.png, answer.input.steps) == (fake.SEEN, ("cropped",))
    assert 0 < float(request.headers["x-request-timeout"]) <= 10


def test_a_wrong_option_is_refused_before_anything_is_sent(client: Client, gateway: FakeGateway) -> None:
    with pytest.raises(ValueError, match="version or a label"):
        client.classify(b"1", version=2, label="canary")
    with pytest.raises(ValueError, match="concurrency is 0"):
        client.classify_many([b"1"], concurrency=0)
    with pytest.raises(ValueError, match="batch_size is 0"):
        client.classify_many([b"1"], batch_size=0)
    assert gateway.received == []


def test_the_key_is_sent_as_a_bearer_token(gateway: FakeGateway) -> None:
    with Client(gateway.url, "s3cret") as client:
        client.classify(b"1")
    assert gateway.received[0].headers["authorization"] == "Bearer s3cret"


def test_a_problem_becomes_the_exception_of_its_code(client: Client) -> None:
    with pytest.raises(UnsupportedImage) as caught:
        client.classify(fake.BAD)
    assert (caught.value.status, caught.value.detail) == (415, "Not an image type.")


def test_many_keep_their_order_and_their_failures(
    client: Client, gateway: FakeGateway, pictures: Path
) -> None:
    sources = [b"1", pictures / "missing.png", fake.BAD, *sorted(pictures.iterdir()), b""]
    results = list(client.classify_many(sources, batch_size=4, concurrency=3))
    assert [result.source for result in results] == sources
    failed = {index: r.error.code for index, r in enumerate(results) if isinstance(r, Failure)}
    assert failed == {1: "unreadable_source", 2: "unsupported_image", 13: "unreadable_source"}
    assert sum(gateway.batches) == 12


def test_a_batch_in_which_all_fail_is_reported_picture_by_picture(client: Client) -> None:
    results = list(client.classify_many([fake.BAD + b"1", fake.BAD + b"22"]))
    assert [isinstance(result, Failure) and result.error.code for result in results] == [
        "unsupported_image"
    ] * 2


def test_many_answers_come_before_the_last_picture_is_read(client: Client) -> None:
    read = 0

    def sources() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"1"

    next(iter(client.classify_many(sources(), batch_size=5, concurrency=2)))
    assert read <= 5 * 2 * 2


def test_a_batch_over_the_services_limit_is_halved_until_it_fits(
    client: Client, gateway: FakeGateway
) -> None:
    gateway.too_many = 3
    results = list(client.classify_many([b"1" * size for size in range(1, 11)], batch_size=10))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]


def test_batches_the_service_is_too_slow_for_are_made_smaller(client: Client, gateway: FakeGateway) -> None:
    gateway.too_slow = 6
    sources = [b"1" * size for size in range(1, 61)]
    results = list(client.classify_many(sources, batch_size=20, concurrency=1))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [n % 10 for n in range(1, 61)]
    assert gateway.batches[:3] == [20, 10, 5]
    assert max(gateway.batches[3:]) <= 7, "what was learned holds for the batches after it"


def test_a_batch_has_its_time_again_with_every_answer(gateway: FakeGateway) -> None:
    gateway.faults.extend([fake.problem(413, "too_large"), *[fake.slow(0.8)] * 2])
    with Client(gateway.url, timeout=1.5) as client:
        results = list(client.classify_many([b"1", b"22"]))
    assert gateway.batches == [2, 1, 1]
    assert [isinstance(result, Prediction) for result in results] == [True, True]


def test_the_one_picture_that_breaks_the_service_is_found(client: Client, gateway: FakeGateway) -> None:
    broken = fake.problem(500, "internal")
    gateway.faults.extend([broken, fake.slow(0), broken, broken, fake.slow(0)])
    results = list(client.classify_many([b"1", b"22", b"333", b"4444"]))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, 2, False, 4]
    assert isinstance(results[2], Failure)
    assert isinstance(results[2].error, InternalError)


def test_429_waits_as_long_as_the_service_asks(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.problem(429, "overloaded", "1", retryable=True))
    waits: list[float] = []
    policy = _Recording(waits)
    with Client(gateway.url, retries=policy) as client:
        assert client.classify(b"22").class_id == 2
    assert 1.0 <= waits[0] <= 1.2


class _Recording(RetryPolicy):
    """Notes the waits that were decided."""

    def __init__(self, waits: list[float]) -> None:
        super().__init__(first_wait=0.01)
        object.__setattr__(self, "_waits", waits)

    def wait(self, *arguments: object, **named: object) -> float | None:
        wait = super().wait(*arguments, **named)  # type: ignore[arg-type]
        if wait is not None:
            self._waits.append(wait)  # type: ignore[attr-defined]
        return wait


def test_a_wait_beyond_the_deadline_is_not_begun(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.problem(429, "rate_limited", "3600", retryable=True))
    with Client(gateway.url, timeout=5) as client, pytest.raises(RateLimited) as caught:
        client.classify(b"1")
    assert caught.value.retry_after == 3600


def test_passing_troubles_are_outlived(gateway: FakeGateway) -> None:
    gateway.faults.extend(
        [fake.problem(503, "model_unavailable", retryable=True), fake.drop, fake.plain(502)]
    )
    with Client(gateway.url, retries=QUICK) as client:
        assert client.classify(b"333").class_id == 3
    assert len(gateway.received) == 4


def test_what_is_not_retryable_is_asked_once(gateway: FakeGateway, client: Client) -> None:
    gateway.faults.append(fake.problem(502, "bad_model_reply", retryable=False))
    with pytest.raises(BadModelReply):
        client.classify(b"1")
    assert len(gateway.received) == 1


def test_retries_end(gateway: FakeGateway) -> None:
    gateway.faults.extend([fake.problem(503, "model_unavailable", retryable=True)] * 10)
    with Client(gateway.url, retries=QUICK) as client, pytest.raises(ModelUnavailable):
        client.classify(b"1")
    assert len(gateway.received) == 4


def test_pictures_with_passing_errors_are_asked_again(gateway: FakeGateway) -> None:
    def half(handler: fake.Handler, received: fake.Received) -> None:
        entries = [fake.prediction(name, data, False) for name, data in received.images]
        error = {"status": 503, "code": "model_unavailable", "retryable": True, "detail": "x"}
        entries[1] = {"name": "1", "error": error}
        handler.answer(200, {"model": {"name": "mnist", "version": 3}, "predictions": entries})

    gateway.faults.append(half)
    with Client(gateway.url, retries=QUICK) as client:
        results = list(client.classify_many([b"1", b"22", b"333"]))
    assert [isinstance(r, Prediction) and r.class_id for r in results] == [1, 2, 3]
    assert gateway.batches == [3, 1]


def test_a_service_that_never_answers_is_given_up_soon() -> None:
    patient = RetryPolicy(retries=100, first_wait=0.01)
    nobody = Client("http://127.0.0.1:9", retries=patient)
    with nobody as client, pytest.raises(ServiceUnreachable, match="is the service running"):
        client.classify(b"1")


def test_a_password_in_the_address_is_not_repeated_in_errors() -> None:
    nobody = Client("http://me:s3cret@127.0.0.1:9", retries=0)
    with nobody as client, pytest.raises(ServiceUnreachable) as caught:
        client.classify(b"1")
    assert "s3cret" not in caught.value.detail


def test_a_slow_answer_ends_with_the_deadline(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.slow(2))
    with Client(gateway.url, timeout=0.2) as client, pytest.raises(TimedOut):
        client.classify(b"1")


def test_an_answer_that_dribbles_ends_with_the_deadline(gateway: FakeGateway) -> None:
    gateway.faults.append(fake.dribble)
    with Client(gateway.url, timeout=0.4) as client, pytest.raises(TimedOut):
        client.classify(b"1")


@pytest.mark.parametrize("answer", [fake.plain(200), fake.plain(301), fake.plain(204, "")])
def test_another_service_is_told_from_the_gateway(
    client: Client, gateway: FakeGateway, answer: fake.Fault
) -> None:
    gateway.faults.append(answer)
    with pytest.raises(BadReply):
        client.classify(b"1")


def test_answers_in_another_order_are_refused(client: Client, gateway: FakeGateway) -> None:
    def swapped(handler: fake.Handler, received: fake.Received) -> None:
        entries = [fake.prediction(name, data, False) for name, data in reversed(received.images)]
        handler.answer(200, {"model": {"name": "mnist", "version": 3}, "predictions": entries})

    gateway.faults.append(swapped)
    with pytest.raises(BadReply, match="picture 0"):
        list(client.classify_many([b"1", b"22"]))


def test_large_files_are_streamed_whole_and_in_order(
    client: Client, gateway: FakeGateway, tmp_path: Path
) -> None:
    contents = [bytes([number]) * size for number, size in enumerate((100_000, 10, 700_000, 65_536))]
    paths = [tmp_path / f"{number}.bin" for number in range(4)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    list(client.classify_many(paths))
    assert gateway.received[0].headers["content-type"].startswith("multipart/form-data")
    assert [content for _, content in gateway.received[0].images] == contents


def test_a_large_file_that_goes_away_fails_alone(client: Client, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.bin" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(b"x" * (100_001 + number))

    def sources() -> Iterator[Path]:
        yield from paths
        paths[1].unlink()

    results = list(client.classify_many(sources(), batch_size=10))
    assert [isinstance(result, Prediction) for result in results] == [True, False, True]
    assert isinstance(results[1], Failure)
    assert isinstance(results[1].error, SourceError)


def test_the_names_of_files_do_not_leave_the_machine(
    client: Client, gateway: FakeGateway, pictures: Path
) -> None:
    client.classify(pictures / "1.png")
    assert gateway.received[0].images[0][0] == "0"


def test_models_are_listed_and_described(client: Client) -> None:
    (model,) = client.models()
    assert (model.name, model.ready, model.versions, len(model.labels)) == ("mnist", True, (1,), 10)
    assert client.model("mnist").card == {"dataset": "mnist"}
    with pytest.raises(NotFound):
        client.model("nothing")


def test_waiting_until_ready(gateway: FakeGateway, client: Client) -> None:
    gateway.ready_after = 2
    client.wait_until_ready(10)
    assert len(gateway.received) == 3


def test_waiting_until_ready_ends(gateway: FakeGateway, client: Client) -> None:
    gateway.ready_after = 1000
    with pytest.raises(TimedOut, match=r"not ready in 0\.3 s"):
        client.wait_until_ready(0.3)


def test_one_client_serves_many_threads(client: Client) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda size=size: found.append(client.classify(b"x" * size).class_id))
        for size in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(1, 9))


def test_a_picture_too_large_for_the_service_fails_alone(client: Client, gateway: FakeGateway) -> None:
    too_large = fake.problem(413, "too_large")
    gateway.faults.extend([too_large, too_large])
    results = list(client.classify_many([b"1", b"22"]))
    assert isinstance(results[0], Failure)
    assert isinstance(results[0].error, TooLarge)
    assert isinstance(results[1], Prediction)
