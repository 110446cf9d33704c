"""Every read of accounts, agencies and roles."""
