"""Tables of people, what proves them, agencies and roles."""

from app.accounts.models.agencies import Agency, AgencyChange, AgencyDocument, Calendar, Unit
from app.accounts.models.organizations import Organization, Representative
from app.accounts.models.people import Device, Draft, Link, Person, Session
from app.accounts.models.proofs import (
    Ceremony,
    Code,
    Identity,
    Passkey,
    RecoveryCode,
    RegisterBatch,
    RegisterEntry,
    Totp,
    Visit,
)
from app.accounts.models.roles import Invitation, Membership

__all__ = [
    "Agency",
    "AgencyChange",
    "AgencyDocument",
    "Calendar",
    "Ceremony",
    "Code",
    "Device",
    "Draft",
    "Identity",
    "Invitation",
    "Link",
    "Membership",
    "Organization",
    "Passkey",
    "Person",
    "RecoveryCode",
    "RegisterBatch",
    "RegisterEntry",
    "Representative",
    "Session",
    "Totp",
    "Unit",
    "Visit",
]
