"""How a wheel is rebuilt: recipes that people write, and locks that hold every input by hash."""
