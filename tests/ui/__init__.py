"""Tests that click through the real product."""
