"""The portal's texts in Arabic, and the program that keeps the catalogue complete."""
