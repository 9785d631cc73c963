"""The description covers the API, and the API's UI asks no other host."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from serving.gateway.deadline import LONGEST, SHORTEST
from serving.gateway.inference.judgement import STATUSES
from serving.gateway.names import NAME
from serving.gateway.openapi.document import described_rules, method_of, path_of
from serving.gateway.protocols.options import INCLUDES, MAX_TOP_K, TOP_K
from serving.gateway.protocols.tensors_v2 import DATATYPES
from serving.gateway.routes.documentation import outline
from serving.images import FITS
from tests.unit.gateway.asking import Client
from tests.unit.gateway.keyed import KeyFile
from tests.unit.gateway.pictures import CLASSIFY, form, png


def described(client: Client) -> dict[str, Any]:
    body = client.get("/openapi.json").get_json()
    assert isinstance(body, dict)
    return body


def operations(document: dict[str, Any]) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {
        (path, method, operation["operationId"]): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_every_route_is_described_and_nothing_else(client: Client) -> None:
    rules = described_rules(client.application)
    assert {(path_of(rule), method_of(rule), rule.endpoint.replace(".", "_")) for rule in rules} == set(
        operations(described(client))
    )


def test_every_placeholder_is_a_parameter_and_every_operation_has_a_summary_and_answers(
    client: Client,
) -> None:
    body = described(client)
    assert body["openapi"] == "3.1.0"
    for path, item in body["paths"].items():
        references = [each["$ref"] for each in item.get("parameters", ())]
        assert references == [f"#/components/parameters/{name}" for name in re.findall(r"{(\w+)}", path)]
    for operation in operations(body).values():
        assert operation["summary"].endswith(".")
        assert "200" in operation["responses"]


def test_every_reference_leads_somewhere(client: Client) -> None:
    response = client.get("/openapi.json")
    unused = {"responses": {"MissingKey", "WrongKey"}}
    for kind in ("schemas", "parameters", "requestBodies", "responses"):
        used = set(re.findall(rf"#/components/{kind}/(\w+)", response.text))
        assert used == set(response.get_json()["components"][kind]) - unused.get(kind, set())


def test_the_limits_and_words_described_are_those_of_the_code(client: Client) -> None:
    components = described(client)["components"]
    schemas, parameters = components["schemas"], components["parameters"]
    top_k = parameters["top_k"]["schema"]
    assert (top_k["minimum"], top_k["maximum"], top_k["default"]) == (1, MAX_TOP_K, TOP_K)
    assert parameters["include"]["schema"]["items"]["enum"] == list(INCLUDES)
    assert parameters["fit"]["schema"] == {"enum": list(FITS), "default": FITS[0]}
    seconds = parameters["timeout"]["schema"]
    assert (seconds["minimum"], seconds["maximum"]) == (SHORTEST, LONGEST)
    for name in ("model", "label"):
        assert parameters[name]["schema"]["pattern"] == f"^{NAME.pattern}$"
    for name in ("Classified", "Mark", "Reading"):
        assert schemas[name]["properties"]["status"]["enum"] == list(STATUSES)
    assert schemas["InferInput"]["properties"]["datatype"]["enum"] == sorted(DATATYPES.values())


@pytest.mark.parametrize("query", ["", "?include=input,probabilities&top_k=10"])
def test_real_answers_are_as_described(client: Client, query: str) -> None:
    answers = {
        "Answer": client.post(CLASSIFY + query, data=form(("a", png()), ("b", b"hello"))),
        "Models": client.get("/v1/models"),
        "Metadata": client.get("/v2/models/digits"),
        "Problem": client.get("/nope"),
    }
    for name, answer in answers.items():
        schema = {**described(client), "$ref": f"#/components/schemas/{name}"}
        Draft202012Validator(schema).validate(answer.get_json())


def test_keys_are_described_where_they_are_asked_for(key_file: KeyFile) -> None:
    body = described(key_file.locked())
    assert body["paths"]["/classify"]["post"]["security"] == [{"bearer": []}, {"header": []}]
    assert "401" in body["paths"]["/classify"]["post"]["responses"]
    assert "security" not in body["paths"]["/healthz"]["get"]


def test_the_page_for_people_asks_no_other_host_and_its_links_lead_somewhere(client: Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text
    links = set(re.findall(r'(?:src|href)="([^"]+)"', page.text))
    places = set(re.findall(r'id="([^"]+)"', page.text))
    assert {link[1:] for link in links if link.startswith("#")} <= places
    files = {link for link in links if not link.startswith("#")}
    assert {"page/theme.css", "docs/docs.css", "openapi.json"} <= files
    for link in files:
        assert client.get("/" + link.removeprefix("./"), buffered=True).status_code == 200
    assert "<script" not in page.text


def test_the_page_for_people_has_every_operation_and_every_shape(client: Client) -> None:
    body, page = described(client), html.unescape(client.get("/docs").text)
    for path in body["paths"]:
        assert f"<code>{path}</code>" in page
    for name in body["components"]["schemas"]:
        assert f'id="{name}"' in page
    assert "integer (from 1 to 1000, default 3)" in page
    assert 'curl "$URL/v1/models/digits:classify" -F image=@picture.png' in page


def test_a_name_from_the_settings_is_never_taken_for_markup() -> None:
    assert outline({"enum": ["<b>"]}) == "&#34;&lt;b&gt;&#34;"
    assert "<b>" not in outline({"properties": {"<b>": {"type": "string"}}})


@pytest.mark.parametrize("asset", ["x.js", "..%2fapp.py", "index.html", "LICENSE", "%00"])
def test_other_files_are_not_served(client: Client, asset: str) -> None:
    assert client.get(f"/docs/{asset}").status_code == 404
