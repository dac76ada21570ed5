"""Causes of differences: one small pure object each, one file a family, one list that names them all."""
