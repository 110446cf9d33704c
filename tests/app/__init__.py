"""Tests of the kernel, from the outside."""
