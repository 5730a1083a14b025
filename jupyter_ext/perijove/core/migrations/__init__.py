"""One file a change of the database, never edited once released."""
