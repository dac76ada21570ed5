"""What every room may use: identities, errors with exit codes, limits, child processes."""
