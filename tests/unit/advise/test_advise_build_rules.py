import pytest

from advice_given import PUBLISH, SETUPTOOLS, project, said, workflow

MESON = '[build-system]\nrequires = ["meson-python==0.18"]\nbuild-backend = "mesonpy"\n'
SCIKIT = (
    '[build-system]\nrequires = ["scikit-build-core==0.11"]\nbuild-backend = "scikit_build_core.build"\n'
    "[tool.scikit-build]\n"
)
C = {"src/demo.c": "int x;"}


def requires(*requirements: str, backend: str = "setuptools.build_meta") -> str:
    listed = "".join(f'  "{requirement}",\n' for requirement in requirements)
    return f'[build-system]\nrequires = [\n{listed}]\nbuild-backend = "{backend}"\n'


def test_requirements_that_admit_several_versions() -> None:
    found = said(
        "build-requirements-unpinned",
        project(pyproject=requires("wheel==0.45.1", "setuptools>=77", "cython")),
    )
    assert found == ["pyproject.toml:4 build-system.requires: No version is fixed of setuptools>=77, cython"]


@pytest.mark.parametrize(
    "locks",
    [
        {"requirements.txt": "setuptools==80.9.0 \\\n    --hash=sha256:00\n"},
        {"uv.lock": '[[package]]\nname = "setuptools"\nversion = "80.9.0"\n'},
        {"requirements/build.txt": "Setuptools == 80.9.0\n"},
    ],
)
def test_requirements_that_a_lock_in_the_tree_fixes(locks: dict[str, str]) -> None:
    assert said("build-requirements-unpinned", project(locks, pyproject=requires("setuptools>=77"))) == []


def test_requirements_that_a_lock_does_not_name() -> None:
    locks = {"requirements.txt": "setuptools>=77\npytest==9.0\n"}
    assert said("build-requirements-unpinned", project(locks, pyproject=requires("setuptools>=77")))


@pytest.mark.parametrize(
    "requirement", ["setuptools==80.9.0", "setuptools===80.9.0", "setuptools @ file:///s.whl"]
)
def test_requirements_that_are_pinned(requirement: str) -> None:
    assert said("build-requirements-unpinned", project(pyproject=requires(requirement))) == []


def test_requirements_that_a_constraint_of_the_workflow_can_fix() -> None:
    steps = workflow("run: python -m build --no-isolation")
    assert (
        said("build-requirements-unpinned", project(pyproject=requires("setuptools"), workflow=steps)) == []
    )


def test_no_build_system() -> None:
    (found,) = said("build-requirements-unpinned", project({"setup.py": ""}))
    assert found.startswith("pyproject.toml build-system: No build system is declared")


@pytest.mark.parametrize(
    ("requirement", "fires"),
    [
        ("maturin==1.12.3", True),
        ("maturin~=1.12.0", True),
        ("maturin>=1.12.0,<1.13", True),
        ("maturin==1.12.*", True),
        ("maturin>=1.12,<2", False),
        ("maturin==1.13.0", False),
        ("maturin<1.13", False),
        ("maturin>=0.14,<0.15", True),
        ("wheel<0.27", True),
        ("wheel==0.45.1", False),
        ("wheel", False),
        ("setuptools==80.9.0", False),
    ],
)
def test_versions_that_are_unstable(requirement: str, fires: bool) -> None:
    assert bool(said("backend-unstable", project(pyproject=requires(requirement)))) is fires


@pytest.mark.parametrize(
    ("requirement", "fires"),
    [
        ("poetry-core<1.5", True),
        ("Poetry_Core<=1.4.0", True),
        ("poetry-core<=1.5.0", False),
        ("poetry-core>=1.0.0", False),
        ("poetry-core==1.9.0", False),
        ("maturin==1.8.3", True),
        ("maturin>=1.0,<2.0", False),
    ],
)
def test_versions_that_do_not_sort(requirement: str, fires: bool) -> None:
    assert bool(said("backend-unsorted", project(pyproject=requires(requirement)))) is fires


def test_backends_that_compile_in_a_random_folder() -> None:
    place = "pyproject.toml:3 build-system.build-backend"
    assert said("build-folder-random", project(C, pyproject=MESON)) == [
        f"{place}: meson-python builds in a new folder .mesonpy-XXXXXXXX each time"
    ]
    assert said("build-folder-random", project(C, pyproject=SCIKIT)) == [
        f"{place}: scikit-build-core builds in a new temporary folder each time"
    ]


@pytest.mark.parametrize(
    "pyproject",
    [
        f'{SCIKIT}build-dir = "build/{{wheel_tag}}"\n',
        f'{MESON}[tool.cibuildwheel]\nconfig-settings = "build-dir=build"\n',
        f'{MESON}[tool.meson-python.args]\nsetup = ["-Dc_args=-ffile-prefix-map=a=b"]\n',
        SETUPTOOLS,
        MESON.replace('"mesonpy"', '"mesonpy"\nbackend-path = ["."]'),
    ],
)
def test_backends_that_are_given_a_folder_or_map_it(pyproject: str) -> None:
    assert said("build-folder-random", project(C, pyproject=pyproject)) == []


def test_a_folder_does_not_matter_where_nothing_is_compiled() -> None:
    assert said("build-folder-random", project({"tests/x.c": ""}, pyproject=MESON)) == []


def test_modes_that_follow_the_umask() -> None:
    assert [found.split(": ")[0] for found in said("umask-copied", project(pyproject=SCIKIT))] == [
        "pyproject.toml:4 tool.scikit-build.wheel.reproducible"
    ]
    assert said("umask-copied", project(pyproject=f"{SCIKIT}wheel.reproducible = true\n")) == []
    assert said("umask-copied", project(pyproject=MESON)) == []


def test_images_without_a_digest() -> None:
    settings = f'{SETUPTOOLS}[tool.cibuildwheel]\nmanylinux-x86_64-image = "registry.example/many:latest"\n'
    place, _, what = said("build-image-unpinned", project(pyproject=settings))[0].partition(": ")
    assert place == "pyproject.toml:5 tool.cibuildwheel.manylinux-x86_64-image"
    assert what == "The image registry.example/many:latest is not named by its digest"
    steps = workflow("env: {CIBW_MANYLINUX_X86_64_IMAGE: registry.example/many}")
    assert said("build-image-unpinned", project(workflow=steps)) == [
        f"{PUBLISH}:6: The image registry.example/many is not named by its digest"
    ]


@pytest.mark.parametrize("image", ["manylinux_2_28", f"registry.example/many@sha256:{'0' * 64}"])
def test_images_with_a_digest_or_a_name_of_cibuildwheel(image: str) -> None:
    settings = f'{SETUPTOOLS}[tool.cibuildwheel.linux]\nmusllinux-x86_64-image = "{image}"\n'
    assert said("build-image-unpinned", project(pyproject=settings)) == []
