__version__ = version = '1.0'
__commit_id__ = commit_id = 'g1a2b3c4d5'
