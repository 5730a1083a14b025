"""Places where clusters can run; they are registered like those of other packages."""
