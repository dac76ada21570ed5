"""What a build may do: the sandbox's limits and the surroundings that never vary (``docs/sandbox.md``)."""

from dataclasses import dataclass

_MIB = 1 << 20
_GIB = 1 << 30

# The build's user, and that of the sandbox's own processes, which the build can therefore neither signal nor
# look into: neither root nor anyone that images or hosts usually know.
USER = "50000:50000"
KEEPER = "50001:50001"
HOSTNAME = "wheelproof"
# Where programs look for how many processors there are, beside asking the scheduler.
PROCESSORS_FOLDER = "/sys/devices/system/cpu"
# Inputs, readable by the build and owned by root.
INPUT_FOLDER = "/in"
# The build's only writable places, each a bounded file system in memory.
BUILD_FOLDER = "/build"
OUTPUT_FOLDER = "/out"
TEMPORARY_FOLDER = "/tmp"  # noqa: S108 - a path inside the sandbox
# Open files of one process, and processes of one user of the host in all sandboxes: what the engine itself
# runs under differs from host to host, and a build can see it.
OPEN_FILES = 4096
TASKS = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The limits of one sandbox.

    Attributes:
        timeout_s: seconds for all of its commands together.
        memory_bytes: memory, the writable file systems included; there is no swap.
        disk_bytes: the build folder's size, half of the memory at most.
        output_bytes: the output folder's size, an eighth of the memory at most; no more is taken out of it.
        temporary_bytes: the temporary folder's size, an eighth of the memory at most.
        shared_bytes: shared memory's size, a sixteenth of the memory at most.
        log_bytes: what the commands may print.
        processes: processes and threads at a time.
        cpus: processors.
    """

    timeout_s: float = 900
    memory_bytes: int = 4 * _GIB
    disk_bytes: int = 2 * _GIB
    output_bytes: int = 256 * _MIB
    temporary_bytes: int = 512 * _MIB
    shared_bytes: int = 64 * _MIB
    log_bytes: int = 16 * _MIB
    processes: int = 512
    cpus: float = 2

    def room_bytes(self, tree: str = "") -> dict[str, int]:
        """The writable places and their sizes: full, they still leave memory to say so.

        Args:
            tree: a source tree's own place, which shares the build folder's room; empty where it needs none.
        """
        disk_bytes = min(self.disk_bytes, self.memory_bytes // 2)
        disk = {BUILD_FOLDER: disk_bytes // 2, tree: disk_bytes // 2} if tree else {BUILD_FOLDER: disk_bytes}
        return {
            **disk,
            OUTPUT_FOLDER: min(self.output_bytes, self.memory_bytes // 8),
            TEMPORARY_FOLDER: min(self.temporary_bytes, self.memory_bytes // 8),
        }

    def shared_room_bytes(self) -> int:
        """Shared memory's size, by the same rule."""
        return min(self.shared_bytes, self.memory_bytes // 16)

    def file_systems(self, tree: str = "") -> dict[str, str]:
        """The writable places as the engine API's ``Tmpfs`` has them: path to mount options."""
        options = "rw,exec,nosuid,nodev,mode=1777,size={}"
        return {path: options.format(size) for path, size in self.room_bytes(tree).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guise:
    """What a build sees of its host, where that is varied on purpose (``docs/vary.md``).

    Attributes:
        hostname: the host's name.
        user: its user and group, as numbers.
        one_processor: the host lists one processor as online.
    """

    hostname: str = HOSTNAME
    user: str = USER
    one_processor: bool = False


PLAIN = Guise()


def place_of_tree(folder: str) -> str:
    """The place that a source tree needs beside those that every sandbox has; empty where it lies in one."""
    within = (BUILD_FOLDER, TEMPORARY_FOLDER)
    return "" if any(folder.startswith(f"{place}/") for place in within) else folder


# What every build sees beside what its recipe sets; PATH and VIRTUAL_ENV follow from the plan.
BASE_ENVIRONMENT = {
    "HOME": f"{BUILD_FOLDER}/home",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "LOGNAME": "build",
    "PYTHONHASHSEED": "0",
    "TERM": "dumb",
    "TMPDIR": TEMPORARY_FOLDER,
    "TZ": "UTC",
    "USER": "build",
}
# What a command sees that no recipe is behind.
BARE_ENVIRONMENT = {**BASE_ENVIRONMENT, "PATH": "/usr/local/bin:/usr/bin:/bin"}
