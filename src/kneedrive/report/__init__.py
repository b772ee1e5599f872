"""Findings to words and pictures: view (words, rounding, units), terminal, html, charts."""
