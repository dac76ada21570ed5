"""From evidence to a recipe: what the published wheel and its sdist say about how the wheel was built."""
