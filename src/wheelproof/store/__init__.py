"""What was found before: results by wheel, and how they changed."""
