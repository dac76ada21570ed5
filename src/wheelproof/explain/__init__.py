"""What a comparison means: findings that nothing closes, and the verdict."""
