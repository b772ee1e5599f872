"""Placeholder until the steps of the analysis are joined."""
