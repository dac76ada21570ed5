"""One source distribution as facts, read where it lies: nothing of it is unpacked or run."""
