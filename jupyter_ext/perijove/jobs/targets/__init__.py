"""Built-in places where exported jobs can go."""
