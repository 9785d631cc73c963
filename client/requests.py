"""The requests of the API as plain values; nothing here sends anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict
from urllib.parse import quote, urlsplit

from client.bodies import Body, body_for
from client.sources import Upload

DEFAULT_URL = "http://localhost:8080"
DEFAULT_MODEL = "mnist"
FITS = ("auto", "stretch")
INCLUDES = ("probabilities", "input")


class OptionFields(TypedDict, total=False):
    """The keyword arguments of ``classify`` and ``classify_many``; see ``Options``."""

    model: str
    version: int | None
    label: str | None
    top_k: int
    include: Sequence[str]
    fit: str


@dataclass(frozen=True, slots=True)
class Options:
    """What to ask for.

    Attributes:
        model: the served model's name.
        version: one version instead of the one the service prefers.
        label: the version that carries this version label, such as ``canary``; not with ``version``.
        top_k: how many labels to list, 1 or more.
        include: of ``probabilities`` (all labels) and ``input`` (what the model saw).
        fit: ``auto`` prepares photographs; ``stretch`` is plain grey and resize.

    Raises:
        ValueError: naming the option that is wrong.
    """

    model: str = DEFAULT_MODEL
    version: int | None = None
    label: str | None = None
    top_k: int = 3
    include: Sequence[str] = ()
    fit: str = "auto"

    def __post_init__(self) -> None:
        if not self.model:
            raise ValueError("model is empty")
        if self.version is not None and self.label is not None:
            raise ValueError("give a version or a label, not both")
        if self.top_k < 1:
            raise ValueError(f"top_k is {self.top_k}; it starts at 1")
        if self.fit not in FITS:
            raise ValueError(f"fit is {self.fit!r}; it is one of {', '.join(FITS)}")
        if isinstance(self.include, str) or not set(self.include) <= set(INCLUDES):
            raise ValueError(f"include is {self.include!r}; it lists some of {', '.join(INCLUDES)}")

    def path(self) -> str:
        """The path to classify at, percent-encoded."""
        path = f"/v1/models/{quote(self.model, safe='')}"
        if self.version is not None:
            path += f"/versions/{self.version}"
        if self.label is not None:
            path += f"/labels/{quote(self.label, safe='')}"
        return path + ":classify"

    def query(self) -> dict[str, str]:
        """The query parameters."""
        query = {"top_k": str(self.top_k), "fit": self.fit}
        return {**query, "include": ",".join(self.include)} if self.include else query


@dataclass(frozen=True, slots=True)
class Request:
    """One request, relative to the service's URL."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


def classify_request(uploads: Sequence[Upload], options: Options) -> Request:
    """Ask for labels for these pictures."""
    return Request("POST", options.path(), options.query(), body_for(uploads))


def models_request() -> Request:
    """Ask what is served."""
    return Request("GET", "/v1/models")


def model_request(name: str) -> Request:
    """Ask about one model."""
    return Request("GET", f"/v1/models/{quote(name, safe='')}")


def base_url(url: str) -> str:
    """The service's URL in full: ``host:port`` becomes ``http://host:port``, a closing slash goes.

    Raises:
        ValueError: for anything that is no http or https URL.
    """
    text = url.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        usable = (
            parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is no address of a service; write it like {DEFAULT_URL}")
    return text.rstrip("/")
