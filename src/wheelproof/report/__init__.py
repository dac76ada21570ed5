"""The report: one versioned document, and what renders it."""
