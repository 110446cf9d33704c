"""As the feature is now: shelves have a note."""
