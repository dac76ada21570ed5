"""From a recipe to a rebuilt wheel: resolving, locking, planning (values) and running (effects)."""
