"""Compile the .proto of this package: ``python -m serving.wire.generate [--check]``.

The generated modules are committed, so that no compiler is needed to run. ``--check`` writes nothing, and
exits with 1 if the committed modules differ from what the .proto generates.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parents[1]
PROTO = PACKAGE / "tensorflow_serving.proto"
GENERATED = ("tensorflow_serving_pb2.py", "tensorflow_serving_pb2.pyi")
# protoc writes Mapping without parameters in its stubs, which strict typing refuses.
TYPING_NOTE = b'# mypy: disable-error-code="type-arg"\n'


def main(argv: Sequence[str] | None = None) -> int:
    """Compile or check; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m serving.wire.generate",
        description="Compile serving/wire/tensorflow_serving.proto.",
        epilog="Example: python -m serving.wire.generate --check",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if the committed code differs"
    )
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        stale = _stale(compile_into(Path(folder)))
        if not arguments.check:
            for name, content in stale.items():
                (PACKAGE / name).write_bytes(content)
        return _report(stale, arguments.check)


def compile_into(folder: Path) -> dict[str, bytes]:
    """Compile into ``folder``; returns the generated files by name.

    Raises:
        subprocess.CalledProcessError: the compiler refuses the .proto.
    """
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--proto_path={CHECKOUT}"]
    command += [f"--python_out={folder}", f"--pyi_out={folder}", str(PROTO)]
    subprocess.run(command, check=True)
    written = folder / PACKAGE.relative_to(CHECKOUT)
    return {name: TYPING_NOTE * name.endswith(".pyi") + (written / name).read_bytes() for name in GENERATED}


def _stale(fresh: dict[str, bytes]) -> dict[str, bytes]:
    return {
        name: content
        for name, content in fresh.items()
        if not (PACKAGE / name).is_file() or (PACKAGE / name).read_bytes() != content
    }


def _report(stale: dict[str, bytes], check: bool) -> int:
    if not stale:
        print("the generated code is up to date")
        return 0
    if not check:
        print(f"wrote {', '.join(stale)}")
        return 0
    print(f"{', '.join(stale)}: not what the .proto gives; run: make proto", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
