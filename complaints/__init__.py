"""Complaints and service requests. Its rooms follow with the portal."""
