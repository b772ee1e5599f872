"""Tests of the page, by themselves and in a real browser."""
