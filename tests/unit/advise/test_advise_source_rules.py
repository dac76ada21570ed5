import pytest
from hypothesis import given
from hypothesis import strategies as st

from advice_given import SETUPTOOLS, project, said
from wheelproof.advise.manifest import left_out, packaged_modules, pattern_of
from wheelproof.advise.setup_py import read_setup_py

FIND = f"{SETUPTOOLS}[tool.setuptools.packages.find]\n"
TREE = {"demo/__init__.py": "", "demo/tests/__init__.py": "", "demo/tests/test_a.py": "", "docs/conf.py": ""}
PROJECT = '[project]\nname = "demo"\n'


@pytest.mark.parametrize(
    "line",
    [
        "prune demo/tests",
        "recursive-exclude demo/tests *.py",
        "global-exclude test_*.py",
        "exclude demo/tests/test_a.py",
        "recursive-exclude demo *_[!b_].py",
    ],
)
def test_modules_that_the_manifest_leaves_out(line: str) -> None:
    files = {**TREE, "MANIFEST.in": f"include LICENSE\n{line}\n"}
    (found,) = said("manifest-leaves-out-modules", project(files, pyproject=FIND))
    assert found.startswith(f"MANIFEST.in:2: {line} keeps demo/tests/")
    assert "demo/tests/test_a.py" in found


@pytest.mark.parametrize(
    ("lines", "more"),
    [
        ("prune docs", ""),
        ("global-exclude *.py[cod]", ""),
        ("exclude test_a.py", ""),
        ("prune demo/tests\ngraft demo", ""),
        ("# prune demo/tests", ""),
        ("recursive-exclude demo/test *.py", ""),
        ("prune demo/tests", 'exclude = ["demo.tests*"]\n'),
        ("prune demo/tests", 'include = ["other*"]\n'),
        ("prune demo/tests", 'where = ["src"]\n'),
    ],
)
def test_what_the_manifest_may_leave_out(lines: str, more: str) -> None:
    files = {**TREE, "MANIFEST.in": lines}
    assert said("manifest-leaves-out-modules", project(files, pyproject=FIND + more)) == []


def test_a_manifest_of_another_backend_says_nothing() -> None:
    files = {**TREE, "MANIFEST.in": "prune demo/tests"}
    hatch = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    assert said("manifest-leaves-out-modules", project(files, pyproject=hatch)) == []


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"setup.cfg": "[options]\npackages = find:\n"}, {"demo", "demo/tests"}),
        ({"setup.cfg": "[options]\npackages =\n  demo\n"}, {"demo"}),
        (
            {"setup.cfg": "[options]\npackages = find:\n[options.packages.find]\nexclude =\n  demo.tests\n"},
            {"demo"},
        ),
        ({"setup.py": "setup(packages=['demo', 'demo.tests'])"}, {"demo", "demo/tests"}),
        ({"setup.py": "setup(packages=find_packages())"}, set()),
        ({"setup.py": "setup(packages=['demo'], package_dir=where())"}, set()),
        ({"setup.py": "setup(packages=['demo'], package_dir={'demo': 'lib'})"}, set()),
        ({"setup.py": "setup(packages=['a'], package_dir={'': 'src'})", "src/a/__init__.py": ""}, {"src/a"}),
    ],
)
def test_packages_that_are_sure(files: dict[str, str], found: set[str]) -> None:
    modules = packaged_modules(project({**TREE, **files}, pyproject=SETUPTOOLS))
    assert {name.rpartition("/")[0] for name in modules} == found


@given(st.text(alphabet="prune clde-giobaftsu*[]!?./\\\n#", max_size=200))
def test_any_manifest_leaves_out_files_that_are_there(text: str) -> None:
    files = frozenset(TREE)
    for found in left_out(text, files):
        assert set(found.files) <= files
        assert found.files


@given(st.text(alphabet="ab*?[]!-^/\\", max_size=300))
def test_any_glob_is_a_pattern_or_too_long(glob: str) -> None:
    pattern = pattern_of(glob)
    assert pattern is None or pattern.fullmatch("a" * 500 + "\n") is None or "*" in glob


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ('readme = "README.md"', "project.readme"),
        ('readme = {file = "README.md", content-type = "text/plain"}', "project.readme"),
        ('license = {file = "README.md"}', "project.license.file"),
        ('license-files = ["README.md"]', "project.license-files"),
        ('license-files = ["READ*.md"]', "project.license-files"),
    ],
)
def test_a_named_file_that_the_sdist_lacks(more: str, key: str) -> None:
    text = f"{PROJECT}{more}\n"
    (found,) = said("named-file-missing", project(pyproject=text, is_sdist=True))
    assert found.startswith(f"pyproject.toml:3 {key}: READ")
    assert said("named-file-missing", project({"README.md": ""}, pyproject=text, is_sdist=True)) == []
    assert said("named-file-missing", project(pyproject=text)) == []


def test_a_readme_without_a_file() -> None:
    readme = 'readme = {text = "README.md", content-type = "text/plain"}'
    text = f'{PROJECT}{readme}\nlicense-files = ["**/LICENSE"]\n'
    assert said("named-file-missing", project({"a/LICENSE": ""}, pyproject=text, is_sdist=True)) == []


def test_package_data_that_the_sdist_lacks() -> None:
    text = f'{SETUPTOOLS}[tool.setuptools.package-data]\n"demo.sub" = ["py.typed", "*.json"]\n"*" = ["x"]\n'
    (found,) = said("package-data-missing", project(TREE, pyproject=text, is_sdist=True))
    assert found.startswith(
        "pyproject.toml:5 tool.setuptools.package-data.demo.sub: demo/sub/py.typed is named"
    )
    there = project({"src/demo/sub/py.typed": ""}, pyproject=text, is_sdist=True)
    assert said("package-data-missing", there) == []


def test_a_typed_package_without_its_marker() -> None:
    info = {"PKG-INFO": "Name: demo\nClassifier: Typing :: Typed\n"}
    assert said("package-data-missing", project({**TREE, **info}, is_sdist=True)) == [
        "PKG-INFO:2: A classifier says Typing :: Typed, and the sdist has no py.typed"
    ]
    for more in ({"demo/py.typed": ""}, {"PKG-INFO": "Name: demo\n\nTyping :: Typed\n"}):
        assert said("package-data-missing", project({**TREE, **info, **more}, is_sdist=True)) == []
    assert said("package-data-missing", project({"demo.py": "", **info}, is_sdist=True)) == []


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"setup.py": "import setuptools\nsetuptools.setup(\n  namespace_packages=['a'])"}, "setup.py:3"),
        ({"setup.py": "setup(namespace_packages=names)"}, "setup.py:1"),
        ({"setup.cfg": "[options]\nnamespace_packages = a\n"}, "setup.cfg:2"),
        (
            {"pyproject.toml": f'{SETUPTOOLS}[tool.setuptools]\nnamespace-packages = ["a"]\n'},
            "pyproject.toml:5",
        ),
    ],
)
def test_a_namespace_by_a_pth_file(files: dict[str, str], place: str) -> None:
    (found,) = said("namespace-pth", project(files))
    assert found.startswith(f"{place} ")


@pytest.mark.parametrize(
    "files",
    [
        {"setup.py": "setup(namespace_packages=[])"},
        {"setup.py": "x = 'namespace_packages'"},
        {"setup.py": "("},
    ],
)
def test_a_namespace_that_needs_none(files: dict[str, str]) -> None:
    assert said("namespace-pth", project(files)) == []


@pytest.mark.parametrize(
    ("text", "line", "decides"),
    [
        ("import sys\nif sys.version_info < (3, 11):\n  requires.append('tomli')\n", 2, "requires"),
        ("if sys.platform == 'win32':\n  kwargs['install_requires'] = ['x']\n", 1, "install_requires"),
        ("if os.name == 'nt':\n  pass\nelse:\n  packages += ['posix']\n", 1, "packages"),
        ("py_modules = ['a'] if platform.system() == 'Linux' else ['b']\n", 1, "py_modules"),
    ],
)
def test_what_setup_py_decides_by_its_python(text: str, line: int, decides: str) -> None:
    (found,) = said("setup-py-asks-python", project({"setup.py": text}))
    assert found.startswith(f"setup.py:{line}: {decides} depends on ")


@pytest.mark.parametrize(
    "text",
    [
        "if sys.version_info < (3, 9):\n  raise SystemExit('too old')\n",
        "if sys.version_info < (3, 9):\n  tests_require = ['mock']\n",
        "if sys.argv[1] == 'x':\n  requires = ['y']\n",
        "requires = ['tomli; python_version < \"3.11\"']\n",
        "if sys.platform == 'win32':\n  requires = ['x']\nsetup(ext_modules=[])\n",
        "if sys.version_info",
    ],
)
def test_what_setup_py_may_ask(text: str) -> None:
    assert said("setup-py-asks-python", project({"setup.py": text})) == []


@given(st.text(max_size=300) | st.text(alphabet="()[]{}if:sy.vernfo \n='\\", max_size=300))
def test_any_setup_py_says_something_or_nothing(text: str) -> None:
    read_setup_py(text)


def test_a_setup_py_that_is_nested_too_deeply_says_nothing() -> None:
    assert read_setup_py(f"x = {'(' * 5000}{')' * 5000}").decisions == ()
    assert read_setup_py("if " + "not " * 20_000 + "x: pass").decisions == ()
