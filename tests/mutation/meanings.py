"""What each surviving mutant means, looked at by eye: "same", "harmless" or "gap", and why."""

MEANINGS: dict[str, str] = {}
