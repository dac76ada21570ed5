"""Which members of a wheel Python or an installer would run, or put where something else runs them."""

_EXTENSIONS = (".so", ".pyd", ".dll", ".dylib")
_PYTHON = (".py", ".pyc", ".pyo", ".pyw", ".pyz", ".egg")
_STARTUP = (".pth", ".start")
# The folders of a .data directory that land in site-packages, as the wheel's root does.
_SITE_PACKAGES = frozenset({"purelib", "platlib"})
_STARTUP_MODULES = frozenset({"sitecustomize", "usercustomize"})


def starts_with_python(name: str) -> bool:
    """Python reads this whenever it starts: ``.pth``, ``.start`` (PEP 829), the two modules of ``site``."""
    installed = _below_site_packages(name)
    if installed.endswith(_STARTUP):
        return "/" not in installed
    first = installed.split("/", maxsplit=1)[0]
    return first.partition(".")[0] in _STARTUP_MODULES and _is_code(installed)


def runs_as(name: str, dist_info: str) -> str | None:
    """What a member is to Python or to an installer: the end of a finding's id, or None for plain data."""
    folder, kind = _data_folder(name)
    if starts_with_python(name):
        return "startup-file"
    if folder and kind == "scripts":
        return "script"
    if _is_extension(name):
        return "extension"
    if name.endswith(_PYTHON):
        return "python"
    if name == f"{dist_info}/entry_points.txt":
        return "entry-points"
    return "data" if folder and kind not in _SITE_PACKAGES else None


def _data_folder(name: str) -> tuple[bool, str]:
    top, _, rest = name.partition("/")
    kind, slash, _ = rest.partition("/")
    return top.endswith(".data") and bool(slash), kind


def _below_site_packages(name: str) -> str:
    is_data, kind = _data_folder(name)
    return name.split("/", 2)[2] if is_data and kind in _SITE_PACKAGES else name


def _is_extension(name: str) -> bool:
    base = name.rpartition("/")[2]
    return base.endswith(_EXTENSIONS) or ".so." in base


def _is_code(name: str) -> bool:
    return name.endswith(_PYTHON) or _is_extension(name)
