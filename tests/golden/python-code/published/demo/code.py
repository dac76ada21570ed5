import os


def double(n):
    os.system('true')
    return n * 2
