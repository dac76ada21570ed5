"""Extension modules and libraries as facts: ELF, PE and Mach-O, read without trust in anything they claim.

The readers are our own: libraries for these formats loop, exhaust memory or crash on hostile files.
"""
