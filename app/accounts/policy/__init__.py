"""Who may do what with accounts, agencies and roles: the acts of each resource."""
