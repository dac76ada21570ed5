"""One source built several times, varied on purpose, to find which variation changes which member."""
