"""The turnstile: small pictures pass, large ones only so many at a time."""

from __future__ import annotations

import pytest
from serving.gateway.inference.large_pictures import Turnstile

from serving.errors import Overloaded
from serving.gateway.deadline import Deadline


def test_a_large_picture_is_refused_when_no_place_comes_free_before_its_deadline() -> None:
    turnstile = Turnstile(places=1, large=100)
    with turnstile.admit(100, Deadline.after(5)):
        with turnstile.admit(99, Deadline.after(0)):
            pass
        with pytest.raises(Overloaded, match="large"), turnstile.admit(100, Deadline.after(0.01)):
            raise AssertionError("two were let in")
    with turnstile.admit(100, Deadline.after(0)):
        pass


def test_a_picture_that_cannot_be_decoded_gives_its_place_back() -> None:
    turnstile = Turnstile(places=1, large=1)
    with pytest.raises(ValueError, match="damaged"), turnstile.admit(5, Deadline.after(5)):
        raise ValueError("damaged")
    with turnstile.admit(5, Deadline.after(0)):
        pass
