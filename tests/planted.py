"""Projects with one planted fault each: a file of the wheel that holds what no build should depend on."""

from collections.abc import Mapping

from made_project import BACKEND, NO_REQUIRES, MadeProject, sdist_of

DEMO = MadeProject()
FAULT = "demo/fault.txt"
# The folder that a fault may list, with enough in it to be listed in more than one order.
PARTS = {f"parts/{name}.txt": name.encode() for name in ("one", "two", "three", "four")}

# By the variation that shows it: what the file holds, as a Python expression.
FAULTS: Mapping[str, str] = {
    "build-path": "os.getcwd()",
    "build-environment": "__import__('sys').prefix",
    "directory-order": "' '.join(os.listdir('parts'))",
    "time": "time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())",
    "umask": "oct(os.stat('parts/one.txt').st_mode)",
    "processors": "'%d %d' % (os.cpu_count(), len(os.sched_getaffinity(0)))",
    "hash-seed": "' '.join({'alpha', 'beta', 'gamma', 'delta', 'epsilon'})",
    "locale": "__import__('locale').getpreferredencoding()",
    "timezone": "time.strftime('%Y-%m-%d %H:%M', time.localtime(0))",
    "home": "os.path.expanduser('~')",
    "hostname": "__import__('socket').gethostname()",
    "user": "'%d %s' % (os.getuid(), __import__('getpass').getuser())",
    "kernel": "os.uname().release",
    "environment": "' '.join(sorted(name for name in os.environ if name.startswith('WHEELPROOF')))",
}
NO_FAULT = "'the same everywhere'"
RANDOM = "__import__('uuid').uuid4().hex"


def planted(faults: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a source tree whose wheel has files that hold what expressions give, by their names."""
    lines = "".join(f"    files[{name!r}] = str({fault}).encode()\n" for name, fault in faults.items())
    anchor = "    dist_info = next("
    assert BACKEND.count(anchor) == 1
    backend = BACKEND.replace(
        anchor, f"{lines}    files = {{name: files[name] for name in sorted(files)}}\n{anchor}"
    )
    files = {"pyproject.toml": NO_REQUIRES.encode(), "backend.py": backend.encode(), **PARTS}
    files |= {f"wheel/{name}": content for name, content in DEMO.members().items()}
    return files


def planted_sdist(faults: Mapping[str, str]) -> bytes:
    """The same as an sdist."""
    metadata = f"Metadata-Version: 2.1\nName: {DEMO.name}\nVersion: {DEMO.version}\n".encode()
    return sdist_of(f"{DEMO.name}-{DEMO.version}", {"PKG-INFO": metadata, **planted(faults)})
