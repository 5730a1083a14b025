"""Find data and know it before you load it."""
