"""Make, list and revoke API keys: ``python -m serving.gateway.keys``.

A running gateway notices a change of the file within a second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from serving.gateway.middleware import key_file

EXAMPLES = """examples:
  python -m serving.gateway.keys create phone-app --file keys.txt   prints the new key, once
  python -m serving.gateway.keys list --file keys.txt
  python -m serving.gateway.keys revoke phone-app --file keys.txt

Start the gateway with GATEWAY_API_KEYS_FILE=keys.txt. Callers send the key as
  Authorization: Bearer KEY    or    X-API-Key: KEY
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments.command, getattr(arguments, "name", ""), arguments.file)
    except (key_file.KeyFileError, OSError) as error:
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
    digests = key_file.read(path) if path.exists() else {}
    if command == "list":
        print("\n".join(digests))
        return 0
    if command == "create":
        return _create(name, path, digests)
    if name not in digests:
        print(f"error: {path} has no key of this name", file=sys.stderr)
        return 1
    del digests[name]
    key_file.write(path, digests)
    return 0


def _create(name: str, path: Path, digests: dict[str, str]) -> int:
    if not key_file.NAME.fullmatch(name):
        print("error: a name has only letters, digits, '.', '_' and '-'", file=sys.stderr)
        return 2
    if name in digests:
        print(f"error: {path} has a key of this name; revoke it first or choose another", file=sys.stderr)
        return 1
    key = key_file.make_key()
    key_file.write(path, {**digests, name: key_file.digest(key)})
    print(key)
    return 0


if __name__ == "__main__":
    sys.exit(main())
