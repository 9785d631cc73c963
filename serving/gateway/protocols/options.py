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
    """How many classes to list, whether to list all, whether to show what the model saw, and the fit."""

    top_k: int = TOP_K
    probabilities: bool = False
    input: bool = False
    fit: str = FITS[0]


DEFAULT = ClassifyOptions()


def read_options(request: Request) -> ClassifyOptions:
    """Read the options from the query; raises InputError, naming the known parameters or values."""
    if not request.query_string:
        return DEFAULT
    for name, values in request.args.lists():
        if name not in PARAMETERS:
            raise InputError(f"Unknown query parameter; known are {', '.join(PARAMETERS)}.")
        if len(values) > 1:
            raise InputError(f"The query parameter {name} is given more than once.")
    return _checked(request.args)


def add_fields(options: ClassifyOptions, request: Request, fields: Mapping[str, str]) -> ClassifyOptions:
    """Complete the options from the text fields of a form; the query takes precedence."""
    given = {name: fields[name] for name in PARAMETERS if fields.get(name)}
    return _checked({**given, **request.args}) if given else options


def _checked(values: Mapping[str, str]) -> ClassifyOptions:
    top_k, fit = values.get("top_k", str(TOP_K)), values.get("fit", FITS[0])
    include = values["include"].split(",") if "include" in values else []
    if not set(include) <= set(INCLUDES):
        raise InputError(f"include must be any of {', '.join(INCLUDES)}, separated by commas.")
    if not re.fullmatch(r"[0-9]{1,4}", top_k) or not 1 <= int(top_k) <= MAX_TOP_K:
        raise InputError(f"top_k must be a whole number from 1 to {MAX_TOP_K}.")
    if fit not in FITS:
        raise InputError(f"fit must be one of {', '.join(FITS)}.")
    return ClassifyOptions(int(top_k), "probabilities" in include, "input" in include, fit)
