"""What in a project's build configuration, or in a wheel, will not reproduce, seen without building."""
