"""What a build may do: the sandbox's limits and the surroundings that never vary (``docs/sandbox.md``)."""

from dataclasses import dataclass

_MIB = 1 << 20
_GIB = 1 << 30

# The build's user: neither root nor anyone that the images know.
USER = "1000:1000"
HOSTNAME = "wheelproof"
# Inputs, readable by the build and owned by root.
INPUT_FOLDER = "/in"
# The build's only writable places, each a bounded file system in memory.
BUILD_FOLDER = "/build"
OUTPUT_FOLDER = "/out"
TEMPORARY_FOLDER = "/tmp"  # noqa: S108 - a path inside the sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The limits of one sandbox.

    Attributes:
        timeout_s: seconds for all of its commands together.
        memory_bytes: memory, the writable file systems included; there is no swap.
        disk_bytes: the build folder's size.
        output_bytes: the output folder's size, and the most that is taken out of it.
        temporary_bytes: the temporary folder's size.
        log_bytes: what the commands may print.
        processes: processes and threads at a time.
        cpus: processors.
    """

    timeout_s: float = 900
    memory_bytes: int = 4 * _GIB
    disk_bytes: int = 2 * _GIB
    output_bytes: int = 256 * _MIB
    temporary_bytes: int = 512 * _MIB
    log_bytes: int = 16 * _MIB
    processes: int = 512
    cpus: float = 2

    def file_systems(self) -> dict[str, str]:
        """The writable places as the engine API's ``Tmpfs`` has them: path to mount options."""
        options = "rw,exec,nosuid,nodev,mode=1777,size={}"
        return {
            BUILD_FOLDER: options.format(self.disk_bytes),
            OUTPUT_FOLDER: options.format(self.output_bytes),
            TEMPORARY_FOLDER: options.format(self.temporary_bytes),
        }


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
