"""Projects with native code, one a build backend: small sources, and how each is published."""

from collections.abc import Mapping
from dataclasses import dataclass

from made_project import sdist_of

VERSION = "1.0"
_MODULE = """\
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
{includes}
static unsigned long mixed(const char *text, Py_ssize_t size) {{
    unsigned long state = 5381;
    for (Py_ssize_t at = 0; at < size; at++) {{
        state = (state << 5) + state + (unsigned char)text[at];
        if (at % 7 == 3) state ^= state >> 11;
    }}
    return state;
}}
static PyObject *mix(PyObject *self, PyObject *argument) {{
    Py_ssize_t size;
    const char *text = PyUnicode_AsUTF8AndSize(argument, &size);
    (void)self;
    return text ? PyLong_FromUnsignedLong(mixed(text, size){more}) : NULL;
}}
static PyMethodDef methods[] = {{{{"mix", mix, METH_O, "Mix a text."}}, {{NULL, NULL, 0, NULL}}}};
static struct PyModuleDef module = {{
    PyModuleDef_HEAD_INIT, "_core", NULL, -1, methods, NULL, NULL, NULL, NULL
}};
PyMODINIT_FUNC PyInit__core(void) {{ return PyModule_Create(&module); }}
"""
CORE = _MODULE.format(includes="", more="")
USING_LIBRARIES = _MODULE.format(
    includes="#include <ffi.h>\nunsigned long demo_salt(unsigned long);",
    more=" + demo_salt(ffi_type_pointer.size)",
)
_PYX = """\
def mix(str text):
    cdef unsigned long state = 5381
    cdef Py_UCS4 char
    for char in text:
        state = state * 33 ^ char
    return state
"""
LIBRARY = "unsigned long demo_salt(unsigned long seed) { return (seed * 2654435761u) ^ (seed >> 3); }\n"
_SETUPTOOLS = """\
[build-system]
requires = ["setuptools>=77"{more}]
build-backend = "setuptools.build_meta"
[project]
name = "{name}"
version = "1.0"
[tool.setuptools]
packages = ["{package}"]
[[tool.setuptools.ext-modules]]
name = "{package}._core"
sources = ["{package}/_core.{end}"]
"""
# The library's folder goes into the module's RPATH, where auditwheel finds it.
_VENDORING = """\
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class WithLibrary(build_ext):
    def build_extension(self, ext):
        folder = Path("built").resolve()
        objects = self.compiler.compile(["lib/salt.c"], output_dir=self.build_temp)
        self.compiler.link_shared_object(
            objects, str(folder / "libsalt.so.1"), extra_preargs=["-Wl,-soname,libsalt.so.1"]
        )
        ext.extra_objects = [str(folder / "libsalt.so.1")]
        ext.runtime_library_dirs = [str(folder)]
        super().build_extension(ext)


setup(
    ext_modules=[Extension("demo_vendoring._core", ["demo_vendoring/_core.c"], libraries=["ffi"])],
    cmdclass={"build_ext": WithLibrary},
)
"""


@dataclass(frozen=True, kw_only=True)
class NativeProject:
    """A project of ours with one extension module, ``_core``.

    Attributes:
        name: normalised.
        files: its source.
    """

    name: str
    files: Mapping[str, str]

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def root(self) -> str:
        return f"{self.package}-{VERSION}"

    @property
    def sdist_name(self) -> str:
        return f"{self.root}.tar.gz"

    def sdist(self, changes: Mapping[str, str] | None = None) -> bytes:
        """The source's archive."""
        told = {"PKG-INFO": f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {VERSION}\n"}
        files = {**told, f"{self.package}/__init__.py": "from ._core import mix\n", **self.files}
        return sdist_of(
            self.root, {name: text.encode() for name, text in {**files, **(changes or {})}.items()}
        )


def _setuptools(name: str, *more: str, end: str = "c") -> str:
    listed = "".join(f', "{text}"' for text in more)
    return _SETUPTOOLS.format(name=name, package=name.replace("-", "_"), more=listed, end=end)


C = NativeProject(
    name="demo-c",
    files={"pyproject.toml": _setuptools("demo-c"), "demo_c/_core.c": CORE},
)
CYTHON = NativeProject(
    name="demo-cython",
    files={
        "pyproject.toml": _setuptools("demo-cython", "cython>=3", end="pyx"),
        "demo_cython/_core.pyx": _PYX,
    },
)
MESON = NativeProject(
    name="demo-meson",
    files={
        "pyproject.toml": '[build-system]\nrequires = ["meson-python"]\nbuild-backend = "mesonpy"\n'
        '[project]\nname = "demo-meson"\nversion = "1.0"\n',
        "meson.build": "project('demo-meson', 'c', version: '1.0')\n"
        "py = import('python').find_installation(pure: false)\n"
        "py.extension_module('_core', 'demo_meson/_core.c', install: true, subdir: 'demo_meson')\n"
        "py.install_sources('demo_meson/__init__.py', subdir: 'demo_meson')\n",
        "demo_meson/_core.c": CORE,
    },
)
SCIKIT_BUILD = NativeProject(
    name="demo-scikit",
    files={
        "pyproject.toml": '[build-system]\nrequires = ["scikit-build-core"]\n'
        'build-backend = "scikit_build_core.build"\n[project]\nname = "demo-scikit"\nversion = "1.0"\n',
        "CMakeLists.txt": "cmake_minimum_required(VERSION 3.20)\nproject(demo LANGUAGES C)\n"
        "find_package(Python REQUIRED COMPONENTS Interpreter Development.Module)\n"
        "Python_add_library(_core MODULE demo_scikit/_core.c WITH_SOABI)\n"
        "install(TARGETS _core DESTINATION demo_scikit)\n",
        "demo_scikit/_core.c": CORE,
    },
)
VENDORING = NativeProject(
    name="demo-vendoring",
    files={
        "pyproject.toml": _setuptools("demo-vendoring").partition("[[tool.setuptools.ext-modules]]")[0],
        "setup.py": _VENDORING,
        "lib/salt.c": LIBRARY,
        "demo_vendoring/_core.c": USING_LIBRARIES,
    },
)
MATURIN = NativeProject(
    name="demo-maturin",
    files={
        "pyproject.toml": '[build-system]\nrequires = ["maturin>=1"]\nbuild-backend = "maturin"\n'
        '[project]\nname = "demo-maturin"\nversion = "1.0"\n',
        "Cargo.toml": '[package]\nname = "demo-maturin"\nversion = "1.0.0"\nedition = "2021"\n'
        '[lib]\nname = "_core"\ncrate-type = ["cdylib"]\n',
        "src/lib.rs": '#[no_mangle]\npub extern "C" fn mix(seed: u64) -> u64 { seed.rotate_left(7) }\n',
    },
)
PROJECTS = (C, CYTHON, MESON, SCIKIT_BUILD, VENDORING)
