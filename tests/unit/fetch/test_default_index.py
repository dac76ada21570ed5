import pypi_simple

from wheelproof.fetch.default_index import default_index


def test_it_is_the_library_s_own_constant() -> None:
    assert default_index() == pypi_simple.PYPI_SIMPLE_ENDPOINT
