"""Placeholder until the public names are joined."""
