"""Elections in the portal: from the draft to the archived result. Its rooms follow with the portal."""
