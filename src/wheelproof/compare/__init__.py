"""Two wheels side by side: their members paired, their envelopes compared, the proof by replay."""
