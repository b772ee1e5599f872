"""Many runs of one runner: which recordings are one run, baselines, weeks, trends, habits, comparisons."""
