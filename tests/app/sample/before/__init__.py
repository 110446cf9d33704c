"""As the feature was."""
