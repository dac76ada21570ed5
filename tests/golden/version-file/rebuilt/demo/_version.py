__version__ = version = '1.0'
__commit_id__ = commit_id = None
