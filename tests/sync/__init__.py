"""Sync and logins end to end: the whole command line against services that stand on this machine."""
