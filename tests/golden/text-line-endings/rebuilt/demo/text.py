"""Two
lines."""

GREETING = """hello
world"""
