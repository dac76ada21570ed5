"""The container engine, the pinned images that builds run in, and the sandbox around a build."""
