"""Forms of elections, by resource."""
