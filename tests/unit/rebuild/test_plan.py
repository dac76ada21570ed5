import json

from wheelproof.core.identity import Digest
from wheelproof.rebuild.plan import (
    PlannedInput,
    Surroundings,
    plan_build,
    plan_environment,
    plan_inputs,
    plan_question,
)
from wheelproof.recipe.lock import LockedFile
from wheelproof.recipe.schema import Recipe
from wheelproof.source.build_system import BuildSystem

AROUND = Surroundings(
    interpreter="/usr/bin/python3.13",
    top="demo-1",
    sdist="demo-1.tar.gz",
    build_system=BuildSystem(
        requires=(), build_backend="backend:hooks", backend_path=(".", "tools"), declared=True
    ),
)


def recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"python": "3.13", "image": "debian", **changes})


def test_a_pep_517_build_is_two_steps() -> None:
    build = plan_build(recipe(source_date_epoch=5), AROUND)
    assert build.backend == "backend:hooks"
    assert build.folder == "/build/demo-1"
    assert [(step.phase, step.argv) for step in build.steps] == [
        (
            "prepare",
            (
                "/usr/bin/python3.13",
                "-Es",
                "/in/runner.py",
                "prepare",
                "--umask=0022",
                "--folder=/build/demo-1",
                "--sdist=/in/sdist/demo-1.tar.gz",
            ),
        ),
        (
            "build",
            (
                "/build/env/bin/python",
                "/in/runner.py",
                "wheel",
                "--umask=0022",
                "--folder=/build/demo-1",
                "--backend=backend:hooks",
                "--backend-path=.",
                "--backend-path=tools",
            ),
        ),
    ]


def test_the_source_lies_where_the_recipe_says() -> None:
    build = plan_build(recipe(folder="/project", before=["true"]), AROUND)
    assert build.folder == "/project"
    assert all("--folder=/project" in step.argv for step in build.steps)


def test_a_repair_is_a_step_behind_the_build() -> None:
    asked = {"tool": "auditwheel", "platform": "manylinux_2_28_x86_64", "options": ["--exclude", "libx.so"]}
    plain, repaired = plan_build(recipe(), AROUND), plan_build(recipe(repair=asked), AROUND)
    assert repaired.steps[:-1] == plain.steps
    assert repaired.steps[-1].phase == "repair"
    assert repaired.steps[-1].argv == (
        "/usr/bin/python3.13",
        "-Es",
        "/in/runner.py",
        "repair",
        "--umask=0022",
        "--folder=/build/demo-1",
        "--",
        "--plat=manylinux_2_28_x86_64",
        "--exclude",
        "libx.so",
    )
    assert repaired.environment == plain.environment


def test_the_question_is_asked_as_the_build_is_made() -> None:
    settings = {"--global-option": "x"}
    asked = plan_question(recipe(config_settings=settings), AROUND)
    built = plan_build(recipe(config_settings=settings), AROUND).steps[1].argv
    assert asked[2] == "requires"
    assert (*asked[:2], "wheel", *asked[3:]) == built
    assert asked[-1] == f"--config-settings={json.dumps(settings)}"


def test_setup_py_gets_its_arguments_behind_a_separator() -> None:
    build = plan_build(recipe(frontend="setup.py", arguments=("--universal",)), AROUND)
    assert build.backend == "setup.py"
    assert build.steps[1].argv[2:] == (
        "setup.py",
        "--umask=0022",
        "--folder=/build/demo-1",
        "--",
        "--universal",
    )


def test_python_2_has_no_virtual_environment() -> None:
    around = Surroundings(
        interpreter="/usr/bin/python2.7", top="d", sdist="d.zip", build_system=BuildSystem()
    )
    build = plan_build(recipe(python="2.7", frontend="setup.py"), around)
    assert build.steps[1].argv[0] == "/usr/bin/python2.7"
    assert build.environment["PYTHONPATH"] == "/build/env/lib"
    assert "VIRTUAL_ENV" not in build.environment


def test_the_environment_is_whole_and_fixed() -> None:
    environment = plan_environment(recipe(source_date_epoch=7, environment={"TZ": "Asia/Tokyo", "X": "y"}))
    assert environment == {
        "HOME": "/build/home",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "LOGNAME": "build",
        "PATH": "/build/env/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "7",
        "TERM": "dumb",
        "TMPDIR": "/tmp",
        "TZ": "Asia/Tokyo",
        "USER": "build",
        "VIRTUAL_ENV": "/build/env",
        "X": "y",
    }
    assert "SOURCE_DATE_EPOCH" not in plan_environment(recipe())


def test_inputs_lie_where_the_runner_looks() -> None:
    source = LockedFile(filename="demo-1.tar.gz", sha256="a" * 64, size_bytes=1)
    installer = LockedFile(filename="installer.whl", sha256="b" * 64, size_bytes=1)
    wheels = {"z.whl": Digest("d" * 64), "a.whl": Digest("c" * 64)}
    assert plan_inputs(source, (installer,), wheels) == tuple(
        PlannedInput(path=path, digest=Digest(letter * 64), filename=path.rpartition("/")[2])
        for path, letter in (
            ("sdist/demo-1.tar.gz", "a"),
            ("frontend/installer.whl", "b"),
            ("wheels/a.whl", "c"),
            ("wheels/z.whl", "d"),
        )
    )
