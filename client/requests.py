"""The requests of the API as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict
from urllib.parse import quote, urlsplit

from client.bodies import Body

DEFAULT_URL = "http://localhost:8080"
DEFAULT_MODEL = "mnist"
FITS = ("auto", "stretch")
INCLUDES = ("probabilities", "input")
PARAMETERS = ("top_k", "fit", "include")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, relative to the service's URL."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


class OptionFields(TypedDict, total=False):
    """The keyword arguments of ``classify`` and ``classify_many``; see ``Options``."""

    model: str
    version: int | None
    label: str | None
    top_k: int
    include: Sequence[str]
    fit: str


class ReadOptionFields(TypedDict, total=False):
    """The keyword arguments of ``read`` and ``read_many``; see ``Options``."""

    model: str
    version: int | None
    label: str | None
    include: Sequence[str]


@dataclass(frozen=True, slots=True)
class Options:
    """What to ask for.

    Attributes:
        model: the served model's name.
        version: one version instead of the one the service prefers.
        label: the version that carries this version label, such as ``canary``; not with ``version``.
        top_k: number of labels to list, 1 or more.
        include: of ``probabilities`` (all labels) and ``input`` (what the model saw).
        fit: ``auto`` prepares photographs; ``stretch`` only resizes to the model's size, in grey.

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

    def request(self, verb: str, body: Body, parameters: Sequence[str] = PARAMETERS) -> Request:
        """The request for one verb of the API, such as ``classify``, with those parameters that it takes."""
        values = {"top_k": str(self.top_k), "fit": self.fit, "include": ",".join(self.include)}
        query = {name: values[name] for name in parameters if values[name]}
        return Request("POST", f"{self._model_path()}:{verb}", query, body)

    def _model_path(self) -> str:
        path = model_path(self.model)
        if self.version is not None:
            path += f"/versions/{self.version}"
        return path if self.label is None else f"{path}/labels/{quote(self.label, safe='')}"


def correct_request(model: str, label: str, body: Body) -> Request:
    """Keep a picture with its right label for the next training of a model."""
    return Request("POST", f"{model_path(model)}:correct", {"label": label}, body)


def model_path(name: str) -> str:
    """The path of a model, percent-encoded."""
    return f"/v1/models/{quote(name, safe='')}"


def base_url(url: str) -> str:
    """The service's URL in full: ``host:port`` becomes ``http://host:port``; a closing slash is dropped.

    Raises:
        ValueError: for anything but an http or https URL.
    """
    text = url.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is no address of a service; write it like {DEFAULT_URL}")
    return text.rstrip("/")
