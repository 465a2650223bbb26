"""Makes an access review: who has which role through which group, since when, by which run. Pure."""
