"""People, their sessions, and the agencies they turn to."""
