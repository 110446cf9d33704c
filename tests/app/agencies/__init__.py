"""Agencies: the tree, who may change it, when it works, what it shows."""
