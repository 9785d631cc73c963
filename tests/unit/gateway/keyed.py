"""A gateway that asks for keys, and callers of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving.gateway import keys
from tests.unit.gateway.asking import Client, caller, post


class KeyFile:
    """A file of keys, with the key of a phone in it and the command that changes it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = folder / "keys.txt"
        self._capsys = capsys
        self.phone = self.create("phone")

    def create(self, name: str) -> str:
        """Make a key; returns it."""
        assert self.command("create", name) == 0
        return self._capsys.readouterr().out.strip()

    def command(self, *arguments: str) -> int:
        return keys.main([*arguments, "--file", str(self.path)])

    def locked(self, **settings: Any) -> Client:  # noqa: ANN401 - each has its own type
        """A caller of a gateway that asks for a key in the file."""
        return caller(api_keys_file=str(self.path), **settings)


def answered(client: Client, key: str) -> int:
    """The status that a picture with this key is answered with."""
    return post(client, headers={"X-API-Key": key}).status_code
