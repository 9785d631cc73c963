"""Bodies for each system, and the labels that are looked for in their answers."""

from __future__ import annotations

import json

import pytest

from benchmarks.serving import forms
from benchmarks.serving.forms import Form
from benchmarks.serving.pictures import Picture
from benchmarks.serving.running import labels_in

SEVEN = Picture(b"png of a seven", "image/png", "7")
TWO = Picture(b"png of a two", "image/png", "2")
GATEWAY_ANSWER = (
    '{"model":{"name":"mnist","version":1},"predictions":[{"name":null,"status":"ok","label":"7","class_id":7,'
    '"probability":0.9,"top":[{"label":"7","class_id":7,"probability":0.9},{"label":"2","class_id":2,'
    '"probability":0.1}]},{"name":null,"status":"uncertain","label":"2","class_id":2,"probability":0.5,"top":[]}]}'
)


def test_a_single_picture_is_sent_as_a_file_if_the_system_accepts_it() -> None:
    kind, body = forms.GATEWAY.one(SEVEN)
    assert (kind, body.data, body.labels) == ("image/png", b"png of a seven", ("7",))


def test_several_pictures_are_sent_as_json_with_base64() -> None:
    kind, body = forms.JSON_ONLY.many([SEVEN, TWO])
    assert kind == "application/json"
    assert json.loads(body.data) == {"images": ["cG5nIG9mIGEgc2V2ZW4=", "cG5nIG9mIGEgdHdv"]}
    assert json.loads(forms.GATEWAY.many([TWO])[1].data) == {"images": [{"b64": "cG5nIG9mIGEgdHdv"}]}


def test_the_gateways_top_classes_are_not_mistaken_for_answers() -> None:
    assert labels_in(GATEWAY_ANSWER, forms.GATEWAY) == ("7", "2")


@pytest.mark.parametrize("space", ["", " "], ids=["tight", "spaced"])
def test_the_peers_labels_are_found_with_and_without_spaces(space: str) -> None:
    answer = f'[{{"label":{space}"7","probability":{space}0.9}},{{"label":{space}"2"}}]'
    assert labels_in(answer, Form()) == ("7", "2")
