"""Everything that anybody can check of an election, from its archive alone.

`verify_record` runs every check of PROTOCOL.md section 9 and those that its "holes" paragraph says others miss. Each
has a stable identifier (`report.CHECKS`); all failures are reported with their place, whatever the bytes are.
"""

from crypto.verification.record import verify_record
from crypto.verification.report import CHECKS, Failure, Outcome, Report, Status, Verdict

__all__ = ["CHECKS", "Failure", "Outcome", "Report", "Status", "Verdict", "verify_record"]
