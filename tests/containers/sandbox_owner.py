"""Opens a sandbox, says what it made, and waits to be killed: ``sandbox_owner.py IMAGE_ID [unstarted]``."""

import json
import sys
import time
from typing import Any

from wheelproof.container.engine import connect
from wheelproof.container.inputs import SandboxInput
from wheelproof.container.policy import Policy
from wheelproof.container.sandbox import Sandbox


def say(engine: Any, container: str) -> None:
    mounts = engine.client.api.inspect_container(container)["Mounts"]
    made = {"container": container, "volumes": [item["Name"] for item in mounts if item["Type"] == "volume"]}
    sys.stdout.write(json.dumps(made) + "\n")
    sys.stdout.flush()


def main(image_id: str, *modes: str) -> None:
    with connect() as engine:
        api: Any = engine.client.api
        create = api.create_container
        made: list[str] = []

        def remember(*arguments: Any, **options: Any) -> Any:
            answer = create(*arguments, **options)
            made.append(answer["Id"])
            return answer

        def never(*_: Any) -> None:
            say(engine, made[0])
            time.sleep(600)

        api.create_container = remember
        if "unstarted" in modes:
            api.start = never
        with Sandbox(
            engine,
            image_id=image_id,
            policy=Policy(timeout_s=600),
        ) as sandbox:
            sandbox.fill([SandboxInput(path="big", content=bytes(40 << 20))])
            say(engine, made[0])
            sandbox.run(["sleep", "600"])


if __name__ == "__main__":
    main(*sys.argv[1:])
