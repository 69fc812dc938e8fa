"""What a debug page shows of an error, and how it is written in each format."""
