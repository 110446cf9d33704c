"""Every read, by resource; visibility included."""
