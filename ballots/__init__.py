"""Elections and referendums: from the draft to the archived result, on the protocol of `crypto`."""
