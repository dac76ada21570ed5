"""What comes from an index: its listings, verified downloads, and the cache that keeps them."""
