"""Where a user's files lie: one answer for all that is kept there."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "WHEELPROOF_CACHE"


def cache_root(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder that WHEELPROOF_CACHE names, else the platform's own place for a user's caches."""
    named = environment.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else platformdirs.user_cache_path("wheelproof")


def results_root() -> Path:
    """The platform's own place for what a user's programs keep from run to run."""
    return platformdirs.user_state_path("wheelproof") / "results"
