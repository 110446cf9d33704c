"""Administration: texts, mail templates, announcements, run-time settings, jobs, audit, people."""
