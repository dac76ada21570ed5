"""Runs inside the sandbox: prepares a build environment, calls the backend and hands the output out.

Only the standard library, and Python 2.7 to 3.14. What it prints and returns is not trusted by the
caller: the build shares its user and could forge it.
"""

import argparse
import calendar
import io
import json
import os
import sys
import tarfile
import tempfile
import time
import traceback
import zipfile

IN, ENV, OUT, REPAIR = "/in", "/build/env", "/out", "/build/repair"
WRITABLE = ("/build", "/out", "/tmp")
FULL_BELOW_BYTES = 1 << 16
SETTLE_S = 1.0
# From linux/personality.h: uname tells a release of 2.6.
UNAME26 = 0x0020000
# A clock that stands still, for every program that asks the C library; elapsed time is the true one.
CLOCK = {
    "LD_PRELOAD": IN + "/clock/libfaketime.so.1",
    "FAKETIME_TIMESTAMP_FILE": IN + "/clock/now",
    "FAKETIME_FMT": "%s",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "FAKETIME_SHARED": "/clock /clock",
}


def unpack(sdist, folder, umask, masked):
    """The archive's top folder becomes this one, with its times, and with its modes less the umask and the mask.

    The first bytes tell the format, as they do for wheelproof: a file can be a tar and a zip at once.
    """
    os.umask(umask)
    with io.open(sdist, "rb") as stream:
        if stream.read(4) == b"PK\x03\x04":
            return unpack_zip(sdist, folder, umask, masked)
    with tarfile.open(sdist) as archive:
        for member in archive:
            if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
                continue
            member.mode = (member.mode | (0o700 if member.isdir() else 0o600)) & ~umask & 0o777
            if not member.isdir():
                member.mode &= ~masked
            member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
            member.name = below_top(member.name)
            if member.islnk():
                member.linkname = below_top(member.linkname)
            if hasattr(tarfile, "fully_trusted_filter"):
                archive.extract(member, folder, filter="fully_trusted")
            else:
                archive.extract(member, folder)


def below_top(name):
    """A member's path in the archive's top folder; one that is in none is left as it is."""
    while name.startswith("./"):
        name = name[2:]
    top, _, path = name.partition("/")
    return name if top in ("", "..") else path.lstrip("/")


def unpack_zip(sdist, folder, umask, masked):
    with zipfile.ZipFile(sdist) as archive:
        for info in archive.infolist():
            info.filename = below_top(info.filename) or "./"
            path = archive.extract(info, folder)
            if os.path.isdir(path):
                continue
            mode = (info.external_attr >> 16) & 0o777
            if mode:
                os.chmod(path, (mode | 0o600) & ~umask & ~masked)
            try:
                moment = calendar.timegm(info.date_time + (0, 0, 0))
            except ValueError:
                continue  # no such day
            os.utime(path, (moment, moment))


def list_in_reverse(folder):
    """A file system in memory lists what was added last first: all is added again, in the order listed."""
    state = os.stat(folder)
    names = os.listdir(folder)
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            list_in_reverse(path)
    aside = tempfile.mkdtemp(dir=os.path.dirname(folder))
    for name in names:
        os.rename(os.path.join(folder, name), os.path.join(aside, name))
    os.rmdir(folder)
    os.rename(aside, folder)
    os.chmod(folder, state.st_mode & 0o7777)
    os.utime(folder, (state.st_atime, state.st_mtime))


def install(folder, target):
    """A virtual environment with the wheels of a folder, and nothing else, in it."""
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    wheels = [os.path.join(folder, name) for name in names]
    if sys.version_info < (3, 7):
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(target + "/lib")
        return
    import glob
    import sysconfig
    import venv

    sys.path[:0] = glob.glob(IN + "/frontend/*.whl")
    from installer import install as install_wheel
    from installer.destinations import SchemeDictionaryDestination
    from installer.sources import WheelFile

    venv.EnvBuilder(symlinks=True, with_pip=False).create(target)
    scheme = "venv" if "venv" in sysconfig.get_scheme_names() else "posix_prefix"
    base = {"base": target, "platbase": target, "installed_base": target, "installed_platbase": target}
    paths = sysconfig.get_paths(scheme, vars=base)
    paths["headers"] = os.path.join(target, "include", "site")
    for wheel in wheels:
        with WheelFile.open(wheel) as source:
            destination = SchemeDictionaryDestination(paths, target + "/bin/python", "posix")
            install_wheel(source, destination, {"INSTALLER": b"wheelproof"})


def run(arguments):
    """Steps in order to the first that fails, each with its line on standard output; then the output, as a tar.

    What a step prints goes to standard error: a build's output is its log.
    """
    disguise(json.loads(arguments.scene))
    steps = json.loads(arguments.steps)
    for number, step in enumerate(steps, 1):
        begun = time.time()
        code = wait_for(start(step))
        os.write(1, ("%d %.3f\n" % (code, max(0, time.time() - begun))).encode("ascii"))
        if code:
            sys.exit(code)
        if number < len(steps) and not alone():
            sys.exit("It left processes running behind it")
    os.environ.pop("LD_PRELOAD", None)
    os.execvp("tar", ["tar", "-C", OUT, "-cf", "-", "."])


def disguise(scene):
    """What steps see of the host, where that is varied; this program itself keeps the true clock."""
    if scene.get("one-processor"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    if not (scene.get("old-kernel") or scene.get("clock")):
        return
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if scene.get("old-kernel") and library.personality(UNAME26) == -1:
        sys.exit("The engine lets no build see another kernel release: leave the kernel as it is")
    if scene.get("clock"):
        # The clock's library would make these itself, with a process's number in their names.
        with io.open("/dev/shm/clock", "wb") as stream:
            stream.write(b"\0" * 4096)
        library.sem_open.restype = ctypes.c_void_p
        if not library.sem_open(b"/clock", os.O_CREAT, 0o600, 1):
            sys.exit("The sandbox has no semaphores, which the clock needs: leave the time as it is")
        os.environ.update(CLOCK)


def alone():
    """Whether what a step started has ended, given a moment: it is not to reach into the next one."""
    until = time.time() + SETTLE_S
    while others():
        if time.time() >= until:
            return False
        time.sleep(0.02)
    return True


def others():
    """This user's processes beside this one, but for those that only wait to be reaped."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with io.open("/proc/%s/stat" % name, "rb") as stream:
                state = stream.read().rpartition(b")")[2].split()[0]
            if os.stat("/proc/" + name).st_uid == os.getuid() and state not in (b"Z", b"X"):
                found.append(name)
        except (IOError, OSError):
            continue  # it ended just now
    return found


def start(argv):
    """A step's process; a step of this program's own needs no second interpreter."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.dup2(2, 1)
        own = [sys.executable, "-Es", os.path.abspath(__file__)]
        if argv[:3] != own:
            os.execvp(argv[0], argv)
        chosen = parse(argv[3:])
        chosen.call(chosen)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait_for(pid):
    status = os.waitpid(pid, 0)[1]
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def prepare(arguments):
    masked = 0o111 if arguments.no_executable_bits else 0
    place = arguments.folder
    if not isinstance(place, str):
        place = place.encode("utf-8")  # Python 2.7, whose archives have names of bytes
    unpack(arguments.sdist, place, int(arguments.umask, 8), masked)
    if arguments.listing == "reversed":
        list_in_reverse(arguments.folder)
    install(IN + "/wheels", arguments.environment)
    if not os.path.isdir(os.environ["HOME"]):
        os.mkdir(os.environ["HOME"])


def patch(arguments):
    """Each text stands in its file once, or the recipe is for another source."""
    enter(arguments)
    for change in json.loads(arguments.patches):
        path = os.path.join(arguments.folder, change["file"])
        if not os.path.exists(path):
            sys.exit("The recipe patches %s, which the source does not have" % change["file"])
        with io.open(path, "rb") as stream:
            content = stream.read()
        old, new = change["old"].encode("utf-8"), change["new"].encode("utf-8")
        if content.count(old) != 1:
            sys.exit(
                "The recipe's text stands in %s %d times, not once" % (change["file"], content.count(old))
            )
        state = os.stat(path)
        with io.open(path, "wb") as stream:
            stream.write(content.replace(old, new))
        os.utime(path, (state.st_atime, state.st_mtime))


def before(arguments):
    enter(arguments)
    (command,) = arguments.rest
    os.execv("/bin/sh", ["/bin/sh", "-ec", command])


def enter(arguments):
    """The build sees its tree, its umask and none of this program's own path."""
    os.umask(int(arguments.umask, 8))
    os.chdir(arguments.folder)
    sys.path[:] = [path for path in sys.path if os.path.realpath(path or ".") != IN]
    sys.argv[:] = [""]
    if arguments.version_info:
        present(*[int(part) for part in arguments.version_info.split(".")])
    if arguments.text_files == "windows":
        open_as_windows()
    if arguments.setuptools_from == "debian":
        patch_as_debian()


def present(major, minor):
    """Another version than the interpreter's own is what a build is told that asks for it.

    The standard library's own paths are settled before.
    """
    import collections
    import sysconfig

    sysconfig.get_config_vars()
    fields = collections.namedtuple("version_info", "major minor micro releaselevel serial")
    sys.version_info = fields(major, minor, 0, "final", 0)
    sys.hexversion = major << 24 | minor << 16 | 0xF0
    sys.version = "%d.%d.0 %s" % (major, minor, sys.version.partition(" ")[2])
    if (major, minor) < (3, 9):
        import html.parser

        # Gone since 3.9, and what setuptools 39.0 to 41.0 can't be imported without.
        html.parser.HTMLParser.unescape = staticmethod(html.unescape)


def open_as_windows():
    """Text files without another word, as Python opens them there."""
    import builtins

    plainly = io.open
    encoding_there = "utf-8" if os.environ.get("PYTHONUTF8") == "1" else "cp1252"

    def opened(file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *rest, **named):
        if "b" not in mode:
            encoding = encoding_there if encoding in (None, "locale") else encoding
            if newline is None and "r" not in mode:
                newline = "\r\n"
        return plainly(file, mode, buffering, encoding, errors, newline, *rest, **named)

    builtins.open = io.open = opened


def patch_as_debian():
    """Debian's setuptools sorts requirements, and leaves the Python version out of an installed egg's name."""
    import importlib

    import pkg_resources

    named = pkg_resources.Distribution.egg_name
    python = "-py%s" % pkg_resources.PY_MAJOR
    pkg_resources.Distribution.egg_name = lambda self: named(self).replace(python, "")
    for name in ("egg_info", "_requirestxt"):
        try:
            module = importlib.import_module("setuptools.command." + name)
        except ImportError:
            continue
        if hasattr(module, "_write_requirements"):
            module._write_requirements = sorting(module._write_requirements, module.yield_lines)


def sorting(write, lines):
    return lambda stream, requirements: write(stream, sorted(lines(requirements or ())))


def backend(arguments):
    """PEP 517: an in-tree backend's folders come first on the path; the object path follows a colon."""
    enter(arguments)
    sys.path[:0] = [os.path.join(arguments.folder, path) for path in arguments.backend_path]
    import importlib

    name, _, attributes = arguments.backend.partition(":")
    found = importlib.import_module(name)
    for attribute in attributes.split(".") if attributes else []:
        found = getattr(found, attribute)
    return found


def requires(arguments):
    hook = getattr(backend(arguments), "get_requires_for_build_wheel", None)
    settings = json.loads(arguments.config_settings) or None
    found = [str(item) for item in hook(settings)] if hook else []
    with io.open(OUT + "/requires.json", "wb") as stream:
        stream.write(json.dumps(found).encode("ascii"))


def wheel(arguments):
    backend(arguments).build_wheel(OUT, json.loads(arguments.config_settings) or None, None)


def setup_py(arguments):
    """As pip ran it before PEP 517: setuptools is imported first, so that distutils is its own."""
    enter(arguments)
    import setuptools  # noqa: F401

    sys.argv[:] = ["setup.py", "bdist_wheel", "--dist-dir", OUT] + arguments.rest
    sys.path.insert(0, arguments.folder)
    with io.open("setup.py", "rb") as stream:
        code = compile(stream.read(), "setup.py", "exec", dont_inherit=True)
    exec(
        code, {"__name__": "__main__", "__file__": os.path.abspath("setup.py"), "__builtins__": __builtins__}
    )


def repair(arguments):
    """The wheel is taken away, and only what auditwheel makes of it is handed out."""
    import shutil

    names = [name for name in os.listdir(OUT) if name.endswith(".whl")]
    if len(names) != 1:
        sys.exit("The build has to leave one wheel to be repaired, and left %d" % len(names))
    install(IN + "/repair", REPAIR)
    wheel = os.path.join(REPAIR, names[0])
    shutil.move(os.path.join(OUT, names[0]), wheel)
    enter(arguments)
    os.environ["PATH"] = REPAIR + "/bin:" + os.environ["PATH"]
    command = [REPAIR + "/bin/python", "-I", "-m", "auditwheel", "-v", "repair", "-w", OUT]
    os.execv(command[0], command + arguments.rest + [wheel])


def state(arguments):
    """What a failed build may have run into, as the kernel counts it."""
    killed = 0
    for path in ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"):
        if os.path.exists(path):
            with io.open(path) as stream:
                counts = dict(line.split()[:2] for line in stream)
            killed = int(counts.get("oom_kill", 0))
            break
    full = []
    for folder in sorted(set(WRITABLE + (arguments.folder,))):
        room = os.statvfs(folder)
        if room.f_bavail * room.f_frsize < FULL_BELOW_BYTES or (room.f_files and not room.f_favail):
            full.append(folder)
    print(json.dumps({"killed": killed, "full": full}))


def parse(argv):
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command")
    for name, call in (
        ("run", run),
        ("prepare", prepare),
        ("patch", patch),
        ("before", before),
        ("requires", requires),
        ("wheel", wheel),
        ("setup.py", setup_py),
        ("repair", repair),
        ("state", state),
    ):
        command = commands.add_parser(name)
        command.set_defaults(call=call)
        command.add_argument("--umask", default="0022")
        command.add_argument("--folder", default="/build")
        command.add_argument("--sdist")
        command.add_argument("--no-executable-bits", action="store_true")
        command.add_argument("--version-info", default="")
        command.add_argument("--text-files", default="posix")
        command.add_argument("--setuptools-from", default="index")
        command.add_argument("--environment", default=ENV)
        command.add_argument("--steps")
        command.add_argument("--scene", default="{}")
        command.add_argument("--listing", default="plain")
        command.add_argument("--patches")
        command.add_argument("--backend", default="")
        command.add_argument("--backend-path", action="append", default=[])
        command.add_argument("--config-settings", default="null")
        command.add_argument("rest", nargs="*")
    return parser.parse_args(argv)


if __name__ == "__main__":
    chosen = parse(sys.argv[1:])
    chosen.call(chosen)
