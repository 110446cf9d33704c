"""Public consultations, suggestions and petitions. Its rooms follow with the portal."""
