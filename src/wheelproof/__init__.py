"""Does the wheel on the index come from the source it claims, and from nothing else?"""

__version__ = "0.1.0"
