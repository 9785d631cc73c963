"""Which pictures of a run are left: those of one shard that have no result yet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container, Iterator
from zlib import crc32

import click

from client.batching import source_name
from client.command.inputs import Inputs


class Selected:
    """The pictures of one shard, without those that are done.

    A picture's shard follows from its path alone, so that it stays the same when files are added, on every
    machine.

    Args:
        pictures: all of them.
        shard: its number and the number of shards, or None for all pictures.
        done: keys of the pictures that have a result; see ``key``.
    """

    def __init__(self, pictures: Inputs, shard: tuple[int, int] | None, done: Container[bytes]) -> None:
        self._pictures = pictures
        self._shard = shard
        self._done = done

    def __iter__(self) -> Iterator[object]:
        return (source for source in self._pictures if self._is_left(source_name(source)))

    def count(self) -> int | None:
        """How many there are; None if that takes reading a list."""
        names = self._pictures.names()
        return None if names is None else sum(self._is_left(name) for name in names)

    def _is_left(self, name: str) -> bool:
        if self._shard is not None:
            number, shards = self._shard
            if crc32(os.fsencode(name)) % shards != number:
                return False
        return key(name) not in self._done


def key(name: str) -> bytes:
    """Eight bytes for a name: millions of them fit in memory."""
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def parsed_shard(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """``I/N`` as two numbers.

    Raises:
        click.BadParameter: it is anything else.
    """
    if value is None:
        return None
    number, _, shards = value.partition("/")
    if not (number.isdecimal() and shards.isdecimal() and int(number) < int(shards)):
        raise click.BadParameter(f"{value!r} is not I/N with I from 0 to N-1, such as 0/8.", ctx, parameter)
    return int(number), int(shards)
