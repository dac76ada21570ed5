"""One wheel as facts: its archive byte for byte, its RECORD, what it says about itself."""
