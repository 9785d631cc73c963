"""One image run as a cluster would: read-only root, unprivileged, process 1 of its own tree."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# As root, in namespaces of its own: the image read-only, scratch in memory, the volumes; then root no more.
SETUP = """\
set -e
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"
{volumes}
mount -o remount,bind,ro "$ROOT"
exec setpriv --no-new-privs chroot --userspec={user} --groups={group} "$ROOT" /usr/bin/env -i {environ} \
  sh -c 'cd "$1" && shift && exec "$@"' - {workdir} {command}
"""


@dataclass(frozen=True)
class Image:
    """What an image says of itself.

    Attributes:
        tag: its name.
        config: the ``config`` object of the image, as Docker writes it.
    """

    tag: str
    config: Mapping[str, Any]

    @classmethod
    def load(cls, tag: str) -> Image:
        """Read it from the local store.

        Raises:
            SystemExit: when there is no such image, saying how to make it.
        """
        done = subprocess.run(
            ["buildah", "inspect", "--type", "image", f"localhost/{tag}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"there is no image {tag}: build it with `make images`")
        return cls(tag, json.loads(done.stdout)["Docker"]["config"])

    @property
    def command(self) -> list[str]:
        """What runs when nothing else is said."""
        return [*(self.config.get("Entrypoint") or []), *(self.config.get("Cmd") or [])]

    def environ(self, more: Mapping[str, str]) -> dict[str, str]:
        """The image's variables with more added."""
        return {**dict(pair.split("=", 1) for pair in self.config["Env"]), **more}


@contextmanager
def mounted(image: Image) -> Iterator[Path]:
    """A fresh file system of the image, gone at the end."""
    name = _buildah("from", "--pull-never", f"localhost/{image.tag}")
    try:
        yield Path(_buildah("mount", name))
    finally:
        _buildah("umount", name)
        _buildah("rm", name)


class Container:
    """A running image."""

    def __init__(
        self,
        image: Image,
        root: Path,
        command: Sequence[str],
        *,
        environ: Mapping[str, str] | None = None,
        volumes: Mapping[Path, str] | None = None,
        log: Path,
    ) -> None:
        mounts = [
            f'mount --bind {shlex.quote(str(ours))} "$ROOT{theirs}"'
            for ours, theirs in (volumes or {}).items()
        ]
        user = str(image.config["User"])
        script = SETUP.format(
            volumes="\n".join(mounts),
            user=user,
            group=user.partition(":")[2],
            environ=shlex.join(f"{name}={value}" for name, value in image.environ(environ or {}).items()),
            workdir=shlex.quote(image.config["WorkingDir"]),
            command=shlex.join(command),
        )
        self._log = log.open("w")
        self.log = log
        unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script]
        self._process = subprocess.Popen(
            unshare, env={**os.environ, "ROOT": str(root)}, stdout=self._log, stderr=subprocess.STDOUT
        )

    def terminate(self) -> None:
        """Send SIGTERM to the container's process 1, as a cluster does."""
        os.kill(self._first_process(), signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        """The exit status; the container is killed when it takes longer.

        Raises:
            AssertionError: when it had to be killed.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {seconds} s:\n{self.output()}") from None
        finally:
            self.kill()

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def output(self) -> str:
        """What it wrote, both streams."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self.alive():
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _first_process(self) -> int:
        pid = self._process.pid
        end = time.monotonic() + 5
        while time.monotonic() < end:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if children:
                return int(children[0])
            time.sleep(0.01)
        raise AssertionError(f"no process in the container:\n{self.output()}")


@contextmanager
def running(image: Image, command: Sequence[str] | None = None, **options: Any) -> Iterator[Container]:  # noqa: ANN401
    """A container of the image, killed at the end if it still runs; options as of ``Container``."""
    with mounted(image) as root:
        container = Container(image, root, command or image.command, **options)
        try:
            yield container
        finally:
            container.kill()


def _buildah(*arguments: str) -> str:
    return subprocess.run(["buildah", *arguments], capture_output=True, text=True, check=True).stdout.strip()
