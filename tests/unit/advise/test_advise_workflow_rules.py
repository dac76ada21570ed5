import pytest

from advice_given import PUBLISH, SETUPTOOLS, project, said, workflow

HATCH = '[build-system]\nrequires = ["hatchling==1.28.0"]\nbuild-backend = "hatchling.build"\n'
C = {"src/demo.c": "int x;"}
EPOCH = 'run: echo "SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct)" >> "$GITHUB_ENV"'


def backend(requirement: str, module: str) -> str:
    return f'[build-system]\nrequires = ["{requirement}"]\nbuild-backend = "{module}"\n'


@pytest.mark.parametrize(
    ("step", "tool"),
    [
        ("run: python -m build", "build"),
        ("run: pipx run build --wheel", "build"),
        ("run: uv build", "uv build"),
        ("run: python setup.py sdist bdist_wheel", "setup.py"),
        ("run: pip wheel --no-deps .", "pip wheel"),
        ("run: python -m cibuildwheel --output-dir wheelhouse", "cibuildwheel"),
        ("run: pipx run cibuildwheel==3.2.0", "cibuildwheel"),
        ("uses: pypa/cibuildwheel@v3.2.0", "cibuildwheel"),
    ],
)
def test_a_build_that_nothing_gives_a_time_to(step: str, tool: str) -> None:
    found = said("source-date-epoch-unset", project(pyproject=SETUPTOOLS, workflow=workflow(step)))
    assert found == [
        f"{PUBLISH}:6 jobs.release: {tool} builds wheels with setuptools, and SOURCE_DATE_EPOCH is not set"
    ]


@pytest.mark.parametrize(
    "pyproject",
    [
        backend("maturin>=1.9", "maturin"),
        backend("meson-python==0.18", "mesonpy"),
        backend("scikit-build-core", "scikit_build_core.build"),
    ],
)
def test_other_backends_that_take_the_time_of_the_build(pyproject: str) -> None:
    assert said(
        "source-date-epoch-unset", project(pyproject=pyproject, workflow=workflow("run: python -m build"))
    )


@pytest.mark.parametrize(
    "pyproject",
    [
        HATCH,
        backend("flit_core==3.12", "flit_core.buildapi"),
        backend("poetry-core==2.1", "poetry.core.masonry.api"),
        backend("uv_build==0.9.5", "uv_build"),
        backend("maturin>=1.11.5,<1.12", "maturin"),
        backend("other==1", "other"),
        f'{SETUPTOOLS}[tool.cibuildwheel]\nenvironment = "SOURCE_DATE_EPOCH=1700000000"\n',
    ],
)
def test_backends_that_have_a_fixed_time_or_are_given_one(pyproject: str) -> None:
    assert (
        said(
            "source-date-epoch-unset", project(pyproject=pyproject, workflow=workflow("run: python -m build"))
        )
        == []
    )


@pytest.mark.parametrize(
    "steps",
    [
        workflow(EPOCH, "run: python -m build"),
        workflow("run: python -m build --sdist"),
        workflow("run: pip install setuptools pip wheel"),
        workflow("run: pip install cibuildwheel==3.2.0"),
        workflow("run: '# python -m build'"),
        workflow("uses: hynek/build-and-inspect-python-package@v2"),
        workflow("run: python -m build").replace("uses: pypa/gh", "uses: other/gh"),
        workflow("run: python -m build").replace(
            "uses: pypa/gh-action-pypi-publish@release/v1",
            "{if: failure(), uses: actions/upload-artifact@v4, with: {path: dist}}",
        ),
        workflow("run: python -m build").replace(
            "uses: pypa/gh-action-pypi-publish@release/v1",
            "{uses: actions/upload-artifact@v4, with: {path: coverage.xml}}",
        ),
    ],
)
def test_workflows_that_give_a_time_or_release_no_wheel(steps: str) -> None:
    assert said("source-date-epoch-unset", project(pyproject=SETUPTOOLS, workflow=steps)) == []


def test_a_build_that_is_kept_for_another_job() -> None:
    kept = workflow("run: python -m build").replace(
        "uses: pypa/gh-action-pypi-publish@release/v1",
        "{uses: actions/upload-artifact@v4, with: {path: wheelhouse/*.whl}}",
    )
    assert said("source-date-epoch-unset", project(pyproject=SETUPTOOLS, workflow=kept))


def test_a_build_in_another_job_than_the_one_that_publishes() -> None:
    steps = workflow("run: python -m build --wheel")
    apart = steps.replace(
        "      - uses: pypa", "  publish:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: pypa"
    )
    assert said("source-date-epoch-unset", project(pyproject=SETUPTOOLS, workflow=apart)) == []


def test_a_build_in_a_shell_script_of_the_project() -> None:
    steps = workflow("run: bash tools/wheels.sh")
    script = {"tools/wheels.sh": "set -e\npython -m cibuildwheel \\\n  --output-dir dist\n"}
    assert said("source-date-epoch-unset", project(script, pyproject=SETUPTOOLS, workflow=steps))
    script["tools/wheels.sh"] += "export SOURCE_DATE_EPOCH=1\n"
    assert said("source-date-epoch-unset", project(script, pyproject=SETUPTOOLS, workflow=steps)) == []
    assert said("source-date-epoch-unset", project(pyproject=SETUPTOOLS, workflow=steps)) == []


@pytest.mark.parametrize("command", ["python -m build", "uv build", "pip wheel dist/demo-1.0.tar.gz"])
def test_compiling_in_a_random_folder(command: str) -> None:
    found = said(
        "frontend-path-random", project(C, pyproject=SETUPTOOLS, workflow=workflow(f"run: {command}"))
    )
    assert len(found) == 1
    assert found[0].endswith("compiles in a temporary folder with a random name")


@pytest.mark.parametrize(
    "steps",
    [
        workflow("run: python -m build --wheel"),
        workflow("run: python -m build -sw"),
        workflow("run: pip wheel ."),
        workflow("run: python -m build", "uses: pypa/cibuildwheel@v3.2.0"),
        workflow("env: {CFLAGS: -ffile-prefix-map=/tmp=.}", "run: python -m build"),
    ],
)
def test_compiling_in_a_fixed_folder(steps: str) -> None:
    assert said("frontend-path-random", project(C, pyproject=SETUPTOOLS, workflow=steps)) == []


def test_a_random_folder_does_not_matter_where_nothing_is_compiled() -> None:
    assert (
        said("frontend-path-random", project(pyproject=SETUPTOOLS, workflow=workflow("run: uv build"))) == []
    )


def test_a_pure_wheel_from_windows() -> None:
    matrix = workflow("run: python -m build", runner="${{ matrix.os }}").replace(
        "    steps:", "    strategy:\n      matrix:\n        os: [ubuntu-24.04, windows-2025]\n    steps:"
    )
    for steps in (workflow("run: python -m build", runner="windows-latest"), matrix):
        (found,) = said("pure-wheel-on-windows", project(pyproject=HATCH, workflow=steps))
        assert found.endswith("jobs.release: build builds a pure wheel on a Windows runner")


def test_other_wheels_from_windows() -> None:
    steps = workflow("run: python -m build", runner="windows-latest")
    assert said("pure-wheel-on-windows", project(C, pyproject=HATCH, workflow=steps)) == []
    setup = {"setup.py": "setup(ext_modules=[])"}
    assert said("pure-wheel-on-windows", project(setup, pyproject=SETUPTOOLS, workflow=steps)) == []
    steps = workflow("run: python -m build", runner="ubuntu-24.04")
    assert said("pure-wheel-on-windows", project(pyproject=HATCH, workflow=steps)) == []


@pytest.mark.parametrize(
    "step",
    [
        "uses: pypa/cibuildwheel@main",
        "uses: pypa/cibuildwheel@v3",
        "run: pip install cibuildwheel",
        "run: pip install -U 'cibuildwheel>=3'",
        "run: pipx run cibuildwheel",
    ],
)
def test_any_cibuildwheel(step: str) -> None:
    assert len(said("cibuildwheel-unpinned", project(workflow=workflow(step)))) == 1


@pytest.mark.parametrize(
    "step",
    [
        "uses: pypa/cibuildwheel@v3.2.0",
        f"uses: pypa/cibuildwheel@{'0' * 40}",
        "run: pip install cibuildwheel==3.2.0",
        "run: pip install -c constraints.txt cibuildwheel",
        "run: python -m cibuildwheel",
        "run: pip install -r tools/cibuildwheel-requirements.txt",
    ],
)
def test_one_release_of_cibuildwheel(step: str) -> None:
    assert said("cibuildwheel-unpinned", project(workflow=workflow(step))) == []


def test_wheels_without_an_sdist() -> None:
    found = said("no-sdist-built", project(workflow=workflow("run: python -m build --wheel")))
    assert found == [f"{PUBLISH}:7: Wheels are published, and no workflow builds an sdist"]


@pytest.mark.parametrize(
    "command", ["python -m build", "hatch build", "python -m build --wheel && make sdist", "make"]
)
def test_wheels_with_an_sdist_or_none_that_is_seen(command: str) -> None:
    assert said("no-sdist-built", project(workflow=workflow(f"run: {command}"))) == []


SCM = backend("setuptools-scm==9.2.2", "setuptools.build_meta") + "[tool.setuptools_scm]\n"


def test_a_version_file_from_the_checkout() -> None:
    text = f'{SCM}version_file = "src/demo/_version.py"\n'
    (found,) = said(
        "version-file-names-commit", project(pyproject=text, workflow=workflow("run: python -m build -w"))
    )
    assert found.startswith(
        "pyproject.toml:5 tool.setuptools_scm.version_file: The file src/demo/_version.py"
    )


@pytest.mark.parametrize(
    ("more", "command"),
    [
        ('version_file = "v.py"', "python -m build"),
        ('version_file = "v.py"', "python -m cibuildwheel dist/demo-1.0.tar.gz"),
        ('version_file = "v.py"\nversion_file_template = "v = {version}"', "python -m build -w"),
        ("", "python -m build -w"),
    ],
)
def test_a_version_file_from_the_sdist_or_without_the_commit(more: str, command: str) -> None:
    about = project(pyproject=f"{SCM}{more}\n", workflow=workflow(f"run: {command}"))
    assert said("version-file-names-commit", about) == []
