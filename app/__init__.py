"""The shared kernel and the composition of the whole; so far the `sawtuna` command."""
