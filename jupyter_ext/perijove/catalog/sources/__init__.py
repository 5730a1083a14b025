"""The kinds of sources that Perijove itself brings, registered like those of other packages."""
