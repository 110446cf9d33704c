"""The catalogues of the command line's texts, and what keeps them complete."""
