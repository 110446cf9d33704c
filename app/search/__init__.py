"""Search over everything the portal publishes, and over what the reader alone may see."""
