"""Forms of the account pages, parsed once at the edge."""
