"""Causes in extension modules, libraries and programs; none closes a difference.

What appeared comes before who made it, and that before what a build leaves behind, since a report
shows the first few.
"""

from wheelproof.explain.causes.cause import Cause
from wheelproof.explain.causes.native_contents import APPEARED, CODE
from wheelproof.explain.causes.native_toolchain import LIBRARIES, TOOLCHAIN
from wheelproof.explain.causes.native_traces import TRACES

NATIVE: tuple[Cause, ...] = (*APPEARED, *TOOLCHAIN, *LIBRARIES, *TRACES, *CODE)
