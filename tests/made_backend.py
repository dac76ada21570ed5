"""A build backend that needs nothing: it packs the folder ``wheel/`` of its source tree.

The tests call the same functions to make what is published. Members are stored, not deflated, so that the
bytes are the same whatever zlib is at hand. Python 3.9 has to read it.
"""

import base64
import hashlib
import io
import os
import time
import zipfile
from pathlib import Path
from typing import Any


def packed(files: "dict[str, bytes]", moment: Any) -> bytes:
    """The bytes of a wheel: members in order, each with the same time."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, moment)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, content)
    return stream.getvalue()


def recorded(files: "dict[str, bytes]", dist_info: str) -> "dict[str, bytes]":
    """Files with the RECORD that fits them at the end."""
    rows = []
    for name, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
        rows.append(f"{name},sha256={digest},{len(content)}\n")
    record = f"{dist_info}/RECORD"
    return {**files, record: ("".join(rows) + f"{record},,\n").encode("ascii")}


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """PEP 517: the folder says all; a RECORD in it is taken as it is."""
    root = Path("wheel")
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    files = {name: files[name] for name in sorted(files)}
    dist_info = next(name.split("/")[0] for name in files if name.endswith(".dist-info/WHEEL"))
    if f"{dist_info}/RECORD" not in files:
        files = recorded(files, dist_info)
    moment = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))[:6]
    filename = dist_info[: -len(".dist-info")] + "-py3-none-any.whl"
    Path(wheel_directory, filename).write_bytes(packed(files, moment))
    return filename
