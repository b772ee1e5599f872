"""Services on the network to bytes: http, oauth, Strava, intervals.icu."""
