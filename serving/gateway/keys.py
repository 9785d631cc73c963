"""API keys: their file, and the command that writes it (``python -m serving.gateway.keys``).

Each line of the file is ``NAME SHA256``, the digest in hexadecimal; ``#`` begins a comment. The keys
themselves are never written. A plain digest protects them: they are 256 random bits, which cannot be guessed,
so that a slow hash would only make every request slower. A running gateway notices a change within a second.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import secrets
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

PREFIX = "mnist_"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
EXAMPLES = """examples:
  python -m serving.gateway.keys create phone-app --file keys.txt   prints the new key, once
  python -m serving.gateway.keys list --file keys.txt
  python -m serving.gateway.keys revoke phone-app --file keys.txt

Start the gateway with GATEWAY_API_KEYS_FILE=keys.txt. Callers send the key as
  Authorization: Bearer KEY    or    X-API-Key: KEY
"""


class KeyFileError(ValueError):
    """A file of keys that cannot be used; the message names file and line, never a digest."""


def make_key() -> str:
    """A new key."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> str:
    """The digest that the file holds for a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def read(path: Path) -> dict[str, str]:
    """Digests by name.

    Raises:
        KeyFileError: the file is missing, or a line does not have this form.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path}: cannot be read as text") from error
    digests: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = re.fullmatch(rf"({NAME.pattern})\s+([0-9a-f]{{64}})", text)
        if match is None or match[1] in digests:
            raise KeyFileError(f"{path}: line {number} is not a new name and a SHA-256 digest")
        digests[match[1]] = match[2]
    return digests


def write(path: Path, digests: Mapping[str, str]) -> None:
    """Replace the file atomically; only its owner can read it.

    Raises:
        OSError: the folder cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        new = Path(folder, path.name)
        new.touch(0o600)
        new.write_text("".join(f"{name} {value}\n" for name, value in digests.items()), "utf-8")
        new.replace(path)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments.command, getattr(arguments, "name", ""), arguments.file)
    except (KeyFileError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m serving.gateway.keys",
        description="Make, list and revoke the API keys of a gateway.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, description in (
        ("create", "make a key and print it; the file keeps its digest only"),
        ("list", "list the names of the keys"),
        ("revoke", "remove a key"),
    ):
        command = commands.add_parser(name, help=description, description=description)
        if name != "list":
            command.add_argument("name", help="who uses the key, such as phone-app")
        command.add_argument("--file", type=Path, required=True, help="file of keys")
    return parser


def _run(command: str, name: str, path: Path) -> int:
    digests = read(path) if path.exists() else {}
    if command == "list":
        print("\n".join(digests))
    elif command == "revoke":
        if name not in digests:
            raise KeyFileError(f"{path} has no key of this name")
        del digests[name]
        write(path, digests)
    elif not NAME.fullmatch(name):
        print("error: a name has only letters, digits, '.', '_' and '-'", file=sys.stderr)
        return 2
    elif name in digests:
        raise KeyFileError(f"{path} has a key of this name; revoke it first or choose another")
    else:
        key = make_key()
        write(path, {**digests, name: digest(key)})
        print(key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
