"""kneedrive.history"""
