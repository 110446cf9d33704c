"""What can be done with accounts, agencies and roles: one function a verb, one transaction each."""
