"""Notebooks open and save as plain .ipynb for now; the text format comes here."""
