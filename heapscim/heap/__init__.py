"""What is particular to a Heap tenant."""
