"""Real-time editing: rooms that merge what changes on disk, and a journal that survives the server."""
