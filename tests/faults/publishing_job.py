"""A job that does nothing but publish: ``python -m tests.faults.publishing_job MODEL TEMPLATES SEED COUNT``.

Copies a ready SavedModel into a staging folder, slowly, so that a kill finds it at any point, and publishes
it with the training job's own code. Prints each version when it is out.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import time
from pathlib import Path

from training.errors import TrainingError
from training.export import publication
from training.export.staging import staging

RECORD = "job.json"


def main(model: Path, templates: Path, seed: int, count: int) -> int:
    """Publish ``count`` versions; the exit status is the training command's."""
    chance = random.Random(seed)
    try:
        publication.check_writable(model.parent, model.name)
        for number in range(count):
            print(_publish(model, templates, chance, f"{seed}-{number}"), flush=True)
    except TrainingError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _publish(model: Path, templates: Path, chance: random.Random, job: str) -> int:
    kind = chance.randrange(2)

    def copy(source: str, target: str) -> str:
        time.sleep(chance.uniform(0, 0.02))
        return shutil.copy(source, target)

    with staging(model) as staged:
        shutil.copytree(templates / str(kind), staged.path, copy_function=copy, dirs_exist_ok=True)
        (staged.path / RECORD).write_text(json.dumps({"kind": kind, "job": job}))
        time.sleep(chance.uniform(0, 0.02))
        return staged.publish()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
