"""Services on the network to bytes: Strava, Garmin, intervals.icu; and folders, as a source like them.

A source lists (`listing`), a plan decides (`plan.decide`), the source fetches (`fetch`). Only http.py loads `requests`.
"""
