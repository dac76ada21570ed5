"""Many targets: lists of them, the workers that check them, and what they add up to."""
