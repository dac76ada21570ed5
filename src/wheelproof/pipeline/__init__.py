"""One target from its name to its result: the stages in order, and what they share."""
