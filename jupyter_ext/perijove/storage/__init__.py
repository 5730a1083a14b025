"""Notebooks as text: programs that diff and merge like code, with their outputs kept beside them."""

from perijove.storage.text import from_text, is_text_notebook, to_text

__all__ = ["from_text", "is_text_notebook", "to_text"]
