"""kneedrive.past"""
