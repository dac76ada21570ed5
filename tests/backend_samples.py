"""Small projects that every backend can build, and whose wheels show what the backend makes of them."""

import gzip
import io
import tarfile
import textwrap
from collections.abc import Callable, Mapping

STAMP = 1_700_000_000
FILENAME = "demo.kit-1.0.tar.gz"

Files = Mapping[str, str]
Sample = Callable[[str, str], Files]

_TREE = {
    "demo/__init__.py": "",
    "README.md": "Demo\n====\n\nText.\n",
    "LICENSE": "A\n",
    "LICENCE.txt": "B\n",
    "COPYING": "C\n",
    "NOTICE": "D\n",
    "AUTHORS.rst": "E\n",
}
_NAMESPACE = "__import__('pkg_resources').declare_namespace(__name__)\n"
_BARE_TREE = {"demo/__init__.py": ""}


def pack(files: Files) -> bytes:
    """An sdist, the same at every call."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        package_info = {"PKG-INFO": "Metadata-Version: 1.0\nName: Demo.Kit\nVersion: 1.0\n"}
        for name, text in sorted({**package_info, **files}.items()):
            entry = tarfile.TarInfo(f"demo.kit-1.0/{name}")
            entry.size, entry.mtime = len(text.encode()), STAMP
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(stream.getvalue(), mtime=0)


def setup_full(_backend: str, _requires: str) -> Files:
    """Everything that ``setup()`` can say and a wheel shows."""
    return {
        **_TREE,
        "setup.py": textwrap.dedent("""\
            from setuptools import setup

            setup(
                name="Demo.Kit",
                version="1.0",
                description="A demo",
                long_description=open("README.md").read(),
                long_description_content_type="text/markdown",
                author="Ann",
                author_email="ann@index.example",
                maintainer="Ben",
                maintainer_email="ben@index.example",
                url="https://index.example/demo",
                download_url="https://index.example/files",
                license="MIT",
                keywords="b a",
                platforms=["any"],
                classifiers=["Topic :: Utilities", "License :: OSI Approved :: MIT License"],
                python_requires=">=2.7, !=3.0.*, !=3.1.*",
                install_requires=["b>=1,<2", "a; python_version<'9'", "c"],
                extras_require={"x": ["f>=1", "e"], "d": ["h"]},
                project_urls={"Zed": "https://index.example/z", "Ay": "https://index.example/a"},
                entry_points={
                    "zz.plugins": ["q = demo:q", "p = demo:p"],
                    "console_scripts": ["demo = demo:main", "ademo=demo:main"],
                },
                packages=["demo"],
            )
            """),
    }


def setup_bare(_backend: str, _requires: str) -> Files:
    """As little as ``setup()`` takes."""
    text = 'from setuptools import setup\n\nsetup(name="Demo.Kit", version="1.0", packages=["demo"])\n'
    return {**_BARE_TREE, "setup.py": text}


def setup_declared(_backend: str, _requires: str) -> Files:
    """What ``setup.cfg`` says, and nothing in the call of ``setup()``."""
    return {
        **dict.fromkeys(("demo/__init__.py", "demo/kit/__init__.py"), _NAMESPACE),
        **dict.fromkeys(("demo/kit/it/__init__.py", "demo/kit/its/__init__.py"), ""),
        "setup.py": "from setuptools import setup\n\nsetup()\n",
        "setup.cfg": textwrap.dedent("""\
            [metadata]
            name = Demo.Kit
            version = 1.0

            [options]
            packages = demo, demo.kit, demo.kit.it, demo.kit.its
            namespace_packages = demo, demo.kit
            python_requires = >=2.7, !=3.0.*, !=3.1.*
            """),
    }


def setup_named(_backend: str, _requires: str) -> Files:
    """A name that older tools spelled with a dash."""
    text = 'from setuptools import setup\n\nsetup(name="demo_kit", version="1.0", packages=["demo"])\n'
    return {**_BARE_TREE, "setup.py": text}


def project_full(backend: str, requires: str) -> Files:
    """Everything that a ``[project]`` table can say (PEP 621)."""
    return {
        **_TREE,
        "pyproject.toml": _build_system(backend, requires)
        + textwrap.dedent("""\

            [project]
            name = "Demo.Kit"
            version = "1.0"
            description = "A demo"
            readme = "README.md"
            license = {text = "MIT"}
            requires-python = ">=2.7, !=3.0.*, !=3.1.*"
            authors = [{name = "Ann", email = "ann@index.example"}, {name = "Cid"}]
            maintainers = [{name = "Ben", email = "ben@index.example"}]
            keywords = ["b", "a"]
            classifiers = ["Topic :: Utilities", "Programming Language :: Python :: 3"]
            dependencies = ["b>=1,<2", "a; python_version<'9'", "c"]

            [project.optional-dependencies]
            x = ["f>=1", "e"]
            d = ["h"]

            [project.urls]
            Zed = "https://index.example/z"
            Homepage = "https://index.example/demo"
            Ay = "https://index.example/a"

            [project.scripts]
            demo = "demo:main"
            ademo = "demo:main"

            [project.entry-points."zz.plugins"]
            q = "demo:q"
            p = "demo:p"
            """)
        + _PACKAGES.get(backend, ""),
    }


def project_bare(backend: str, requires: str) -> Files:
    """As little as a ``[project]`` table takes."""
    table = '\n[project]\nname = "Demo.Kit"\nversion = "1.0"\n'
    text = _build_system(backend, requires) + table + _PACKAGES.get(backend, "")
    return {**_BARE_TREE, "pyproject.toml": text}


def poetry_full(backend: str, requires: str) -> Files:
    """Everything that Poetry's own table can say, which its backend read before it read ``[project]``."""
    return {
        **_TREE,
        "pyproject.toml": _build_system(backend, requires)
        + textwrap.dedent("""\

            [tool.poetry]
            name = "Demo.Kit"
            version = "1.0"
            description = "A demo"
            readme = "README.md"
            license = "MIT"
            authors = ["Ann <ann@index.example>"]
            maintainers = ["Ben <ben@index.example>"]
            homepage = "https://index.example/demo"
            keywords = ["b", "a"]
            classifiers = ["Topic :: Utilities"]
            packages = [{include = "demo"}]

            [tool.poetry.dependencies]
            python = ">=2.7, !=3.0.*, !=3.1.*"
            b = ">=1,<2"
            c = "*"
            a = {version = "*", python = "<9"}
            f = {version = ">=1", optional = true}
            e = {version = "*", optional = true}
            h = {version = "*", optional = true}

            [tool.poetry.extras]
            x = ["f", "e"]
            d = ["h"]

            [tool.poetry.urls]
            Zed = "https://index.example/z"
            Ay = "https://index.example/a"

            [tool.poetry.scripts]
            demo = "demo:main"
            ademo = "demo:main"

            [tool.poetry.plugins."zz.plugins"]
            q = "demo:q"
            p = "demo:p"
            """),
    }


def poetry_bare(backend: str, requires: str) -> Files:
    """As little as Poetry's own table takes."""
    text = textwrap.dedent("""\

        [tool.poetry]
        name = "Demo.Kit"
        version = "1.0"
        description = ""
        authors = []
        packages = [{include = "demo"}]
        """)
    return {**_BARE_TREE, "pyproject.toml": _build_system(backend, requires) + text}


def flit_full(backend: str, requires: str) -> Files:
    """Everything that flit's own table can say, which it read before it read ``[project]``."""
    return {
        **_TREE,
        "demo/__init__.py": '"""A demo"""\n__version__ = "1.0"\n',
        "pyproject.toml": _build_system(backend, requires)
        + textwrap.dedent("""\

            [tool.flit.metadata]
            module = "demo"
            dist-name = "Demo.Kit"
            author = "Ann"
            author-email = "ann@index.example"
            maintainer = "Ben"
            maintainer-email = "ben@index.example"
            home-page = "https://index.example/demo"
            description-file = "README.md"
            license = "MIT"
            keywords = "b a"
            classifiers = ["Topic :: Utilities", "Programming Language :: Python :: 3"]
            requires-python = ">=2.7, !=3.0.*, !=3.1.*"
            requires = ["b>=1,<2", "a; python_version<'9'", "c"]

            [tool.flit.metadata.requires-extra]
            x = ["f>=1", "e"]
            d = ["h"]

            [tool.flit.metadata.urls]
            Zed = "https://index.example/z"
            Ay = "https://index.example/a"

            [tool.flit.scripts]
            demo = "demo:main"
            ademo = "demo:main"

            [tool.flit.entrypoints."zz.plugins"]
            q = "demo:q"
            p = "demo:p"
            """),
    }


def flit_bare(backend: str, requires: str) -> Files:
    """As little as flit's own table takes."""
    text = '\n[tool.flit.metadata]\nmodule = "demo"\ndist-name = "Demo.Kit"\nauthor = "Ann"\n'
    return {
        "demo/__init__.py": '"""A demo"""\n__version__ = "1.0"\n',
        "pyproject.toml": _build_system(backend, requires) + text,
    }


def _build_system(backend: str, requires: str) -> str:
    return f'[build-system]\nrequires = ["{requires}"]\nbuild-backend = "{backend}"\n'


# Where a backend has to be told which folder is the package, as the project is not called like it.
_PACKAGES = {
    "flit_core.buildapi": '\n[tool.flit.module]\nname = "demo"\n',
    "hatchling.build": '\n[tool.hatch.build.targets.wheel]\npackages = ["demo"]\n',
    "pdm.backend": '\n[tool.pdm.build]\nincludes = ["demo"]\n',
    "pdm.pep517.api": '\n[tool.pdm.build]\nincludes = ["demo"]\n',
    "poetry.core.masonry.api": '\n[tool.poetry]\npackages = [{include = "demo"}]\n',
    "uv_build": '\n[tool.uv.build-backend]\nmodule-name = "demo"\nmodule-root = ""\n',
    "scikit_build_core.build": '\n[tool.scikit-build]\nwheel.packages = ["demo"]\nwheel.cmake = false\n',
}
