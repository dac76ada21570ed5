"""One source, an sdist or a git tree, as facts: nothing of it is unpacked or run."""
