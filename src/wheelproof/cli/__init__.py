"""The command line: one file a command, nothing in it that the library can't do."""
