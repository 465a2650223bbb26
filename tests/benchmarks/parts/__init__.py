"""What the benchmark measures: each part is a function that yields rows."""
