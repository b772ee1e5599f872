"""What a kill -9 leaves behind."""
