"""What the images must do, in order: each check builds on what the ones before it left in the folder."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from serving.stack.processes import free_port
from tests.images import digits, measured
from tests.images.container import Container, Image, running
from tests.images.load import Load

Images = Mapping[str, Image]
USER = 10001


def image_runs_unprivileged(images: Images, folder: Path) -> str:
    """No image can write its root, has a capability, or can gain one."""
    script = (
        "import json,os;"
        "status=dict(l.split(':',1) for l in open('/proc/self/status') if ':' in l);"
        "[open(p+'/probe','w').close() for p in ('/tmp','/dev/shm')];"
        "refused=0\n"
        "for p in ('/','/app','/opt/venv','/etc','/var/tmp'):\n"
        "  try: open(p+'/probe','w')\n"
        "  except OSError as e: refused+=1\n"
        "print(json.dumps([os.getuid(),os.getgid(),status['CapEff'].strip(),status['NoNewPrivs'].strip(),refused,os.getpid()]))"
    )
    for name, image in images.items():
        with running(image, ["python", "-c", script], log=folder / f"probe-{name}.log") as container:
            assert container.wait(30) == 0, container.output()
            uid, gid, capabilities, no_new, refused, pid = json.loads(container.output())
        assert (uid, gid, pid) == (USER, USER, 1)
        assert int(capabilities, 16) == 0
        assert no_new == "1"
        assert refused == 5
    return "ok"


def training_publishes(images: Images, folder: Path) -> str:
    """The train image trains the digits, lets its gate judge them, and publishes."""
    report = json.loads(_train(images, folder, 0, "--epochs=8").strip().splitlines()[-1])
    assert report["version"] == 1
    assert (folder / "models/digits/1/saved_model.pb").is_file()
    return f"test accuracy {report['test_accuracy']:.3f}"


def gate_refuses(images: Images, folder: Path) -> str:
    """A model that is not good enough ends the container with status 3 and leaves nothing."""
    _train(images, folder, 3, "--epochs=1", "--min-accuracy=0.9999")
    assert sorted(path.name for path in (folder / "models/digits").iterdir() if path.name.isdigit()) == ["1"]
    return "ok"


def training_stops_when_told(images: Images, folder: Path) -> str:
    """SIGTERM ends the training, which is process 1, with 143."""
    volumes = _volumes(folder)
    arguments = [
        "train",
        "--dataset=digits",
        "--epochs=500",
        "--target-accuracy=0",
        "--run-dir=/runs/stopped",
    ]
    with running(
        images["train"], [*images["train"].command[:3], *arguments], volumes=volumes, log=folder / "stop.log"
    ) as container:
        _until(lambda: (folder / "runs/stopped/checkpoint.npz").is_file(), 120, container)
        container.terminate()
        assert container.wait(60) == 143, container.output()
    return "ok"


def standalone_serves(images: Images, folder: Path) -> str:
    """The standalone image serves what was trained, on its own."""
    port = free_port()
    command = [argument.replace("--port=8080", f"--port={port}") for argument in images["standalone"].command]
    with running(
        images["standalone"],
        command,
        environ={"GATEWAY_PORT": str(port)},
        volumes={folder / "models": "/models"},
        log=folder / "standalone.log",
    ) as container:
        _until(lambda: _status(port, "/readyz") == 200, 120, container)
        right = digits.classify(port, "digits")
        container.terminate()
        assert container.wait(60) in (0, 143), container.output()
    return f"{right}"


def gateway_serves_and_drains(images: Images, folder: Path) -> str:
    """The gateway image asks a model server, and SIGTERM under load loses no request."""
    grpc, rest, port = free_port(), free_port(), free_port()
    server = ["python", "-m", "serving.model_server", f"--port={grpc}", f"--rest_api_port={rest}"]
    server += ["--model_name=digits", "--model_base_path=/models/digits"]
    environ = {
        "GATEWAY_MODEL_SERVER": f"127.0.0.1:{grpc}",
        "GATEWAY_MODELS": "digits",
        "GATEWAY_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
    }
    with (
        running(
            images["standalone"], server, volumes={folder / "models": "/models"}, log=folder / "server.log"
        ) as model_server,
        running(images["gateway"], environ=environ, log=folder / "gateway.log") as gateway,
    ):
        _until(lambda: _status(rest, "/v1/models/digits/metadata") == 200, 120, model_server)
        _until(lambda: _status(port, "/readyz") == 200, 30, gateway)
        right = digits.classify(port, "digits")
        _probe_health(images["gateway"], port, folder)
        measured.compare(port)
        outcomes = _terminate_under_load(gateway, port)
    return f"{right}, {outcomes}"


def _terminate_under_load(gateway: Container, port: int) -> str:
    picture, label = digits.one()
    load = Load(
        port, f"/v1/models/digits:classify?top_k=1&{digits.QUERY}", picture, f'"label":"{label}"'.encode()
    )
    load.start()
    time.sleep(2)
    gateway.terminate()
    assert gateway.wait(60) == 0, gateway.output()[-4000:]
    load.wait(30)
    assert load.outcomes.keys() == {"200"}, dict(load.outcomes)
    return f"{load.outcomes['200']} of {load.outcomes.total()} requests answered around SIGTERM"


def _probe_health(image: Image, port: int, folder: Path) -> None:
    """The image's own HEALTHCHECK, run beside it, is content with the gateway and not with a closed port."""
    check = image.config["Healthcheck"]["Test"]
    assert check[0] == "CMD", check
    for asked, expected in ((port, 0), (free_port(), 1)):
        with running(
            image, check[1:], environ={"GATEWAY_PORT": str(asked)}, log=folder / "health.log"
        ) as container:
            assert container.wait(30) == expected, container.output()


def _train(images: Images, folder: Path, expected: int, *arguments: str) -> str:
    image = images["train"]
    command = [*image.command[:3], "train", "--dataset=digits", "--profile=fast", *arguments]
    with running(image, command, volumes=_volumes(folder), log=folder / "train.log") as container:
        assert container.wait(300) == expected, container.output()[-4000:]
        return re.sub(r"\x1b\[[0-9;]*m", "", container.output())


def _volumes(folder: Path) -> dict[Path, str]:
    volumes = {folder / name: f"/{name}" for name in ("models", "runs", "data")}
    for path in volumes:
        path.mkdir(exist_ok=True)
        os.chown(path, USER, USER)
    return volumes


def _until(condition: Callable[[], bool], seconds: float, container: Container) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert container.alive(), f"the container ended:\n{container.output()[-4000:]}"
        assert time.monotonic() < end, f"not within {seconds} s:\n{container.output()[-4000:]}"
        time.sleep(0.1)


def _status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


ALL: tuple[Callable[[Images, Path], str], ...] = (
    image_runs_unprivileged,
    training_publishes,
    gate_refuses,
    training_stops_when_told,
    standalone_serves,
    gateway_serves_and_drains,
)
