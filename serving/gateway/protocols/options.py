"""The options of ``:classify``, from the query or a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Request

from serving.errors import InputError
from serving.images import FITS

TOP_K = 3
MAX_TOP_K = 1000
INCLUDES = ("probabilities", "input")
PARAMETERS = ("top_k", "include", "fit")


@dataclass(frozen=True)
class ClassifyOptions:
    """Checked options.

    Attributes:
        top_k: how many of the most probable classes to list.
        probabilities: whether to list all classes by name.
        input: whether to show what the model saw.
        fit: one of ``serving.images.FITS``.
    """

    top_k: int = TOP_K
    probabilities: bool = False
    input: bool = False
    fit: str = FITS[0]


DEFAULT = ClassifyOptions()


def read_options(request: Request) -> ClassifyOptions:
    """Read the options from the query.

    Raises:
        InputError: an unknown parameter or value; the message names the known ones.
    """
    if not request.query_string:
        return DEFAULT
    query = request.args
    for name, values in query.lists():
        if name not in PARAMETERS:
            raise InputError(f"Unknown query parameter; known are {', '.join(PARAMETERS)}.")
        if len(values) > 1:
            raise InputError(f"The query parameter {name} is given more than once.")
    return _options(query)


def add_fields(options: ClassifyOptions, request: Request, fields: Mapping[str, str]) -> ClassifyOptions:
    """Complete the options from the text fields of a form; the query takes precedence.

    Raises:
        InputError: an unknown value.
    """
    given = {name: fields[name] for name in PARAMETERS if fields.get(name)}
    return _options({**given, **request.args}) if given else options


def _options(values: Mapping[str, str]) -> ClassifyOptions:
    include = _include(values.get("include"))
    return ClassifyOptions(
        top_k=_top_k(values.get("top_k")),
        probabilities="probabilities" in include,
        input="input" in include,
        fit=_fit(values.get("fit")),
    )


def _top_k(text: str | None) -> int:
    if text is None:
        return TOP_K
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_TOP_K:
        raise InputError(f"top_k must be a whole number from 1 to {MAX_TOP_K}.")
    return int(text)


def _include(text: str | None) -> frozenset[str]:
    wanted = frozenset(() if text is None else text.split(","))
    if not wanted <= frozenset(INCLUDES):
        raise InputError(f"include must be any of {', '.join(INCLUDES)}, separated by commas.")
    return wanted


def _fit(text: str | None) -> str:
    if text is None:
        return FITS[0]
    if text not in FITS:
        raise InputError(f"fit must be one of {', '.join(FITS)}.")
    return text
