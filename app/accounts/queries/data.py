"""What is kept about a person, in the words in which it is told to that person."""

from collections.abc import Sequence

from app.accounts.models import (
    Device,
    Draft,
    Identity,
    Invitation,
    Membership,
    Passkey,
    Person,
    RecoveryCode,
    Representative,
    Session,
    Totp,
    Visit,
)
from app.accounts.queries.sessions import level_of_person
from app.accounts.roles import WORDS
from app.features import Held
from app.i18n import gettext as _
from app.models import AuditEntry, Message
from app.policy import Role


async def held(person: Person) -> list[Held]:
    """Everything that accounts keep about somebody, with the reason."""
    return [
        _details(person),
        await _ways_in(person),
        Held(
            _("Devices signed in"),
            _("So that you see who is signed in and can end it. A session goes after its last day."),
            [
                {
                    _("Device"): row.device,
                    _("Since"): row.created_at,
                    _("Last used"): row.last_seen_at,
                    _("Until"): row.expires_at,
                }
                for row in await Session.filter(person_id=person.id).order_by("-created_at")
            ],
        ),
        Held(
            _("Kinds of devices known"),
            _("So that a sign-in from a new one is announced to you."),
            [
                {_("Device"): row.family, _("Since"): row.first_seen_at}
                for row in await Device.filter(person_id=person.id).order_by("id")
            ],
        ),
        Held(
            _("Drafts"),
            _("What you wrote and have not sent yet. Each goes at its date."),
            [
                {_("Title"): _(row.title), _("Saved"): row.saved_at, _("Until"): row.expires_at, _("Text"): row.values}
                for row in await Draft.filter(person_id=person.id).order_by("id")
            ],
        ),
        await _roles(person),
        await _organizations(person),
        await _visits(person),
        Held(
            _("Messages to you"),
            _("Mails and short messages of the last weeks. Their text is forgotten once they are sent."),
            [
                {_("Subject"): row.subject, _("Written"): row.created_at, _("Sent"): row.sent_at}
                for row in await Message.filter(recipient__in=[c for c in (person.email, person.phone) if c])
                .order_by("-id")
                .limit(1000)
            ],
        ),
        Held(
            _("Audit trail"),
            _("Who did what to your account and what you did. It names you by a number and is never deleted."),
            [
                {_("When"): row.at, _("Who"): row.actor, _("What"): row.verb, _("On what"): row.object}
                for row in await _trail(person)
            ],
        ),
    ]


async def _trail(person: Person) -> Sequence[AuditEntry]:
    own = f"person:{person.id}"
    by = await AuditEntry.filter(actor=own).order_by("-number").limit(5000)
    on = await AuditEntry.filter(object=own).exclude(actor=own).order_by("-number").limit(5000)
    return sorted([*by, *on], key=lambda row: -row.number)


def _details(person: Person) -> Held:
    row: dict[str, object] = {
        _("Name"): person.name,
        _("Email address"): person.email,
        _("Phone"): person.phone,
        _("Language"): person.language,
        _("Account since"): person.created_at,
        _("Confirmed"): person.confirmed_at,
        _("Level of assurance"): int(level_of_person(person)),
        _("Matched with the civil register"): person.matched_at,
        _("Place in the register"): person.place,
        _("Seen in person"): person.seen_at,
        _("Number in the audit trail"): f"person:{person.id}",
    }
    why = _(
        "To know who takes part and how to reach you. Of the civil register we keep a pseudonym that only we can make."
    )
    return Held(_("Your details"), why, [row])


async def _ways_in(person: Person) -> Held:
    rows: list[dict[str, object]] = []
    if person.password:
        rows.append({_("Way in"): _("Password"), _("Note"): _("stored so that nobody can read it")})
    rows += [
        {_("Way in"): _("Passkey"), _("Note"): row.name, _("Since"): row.created_at, _("Last used"): row.last_used_at}
        for row in await Passkey.filter(person_id=person.id).order_by("created_at")
    ]
    totp = await Totp.get_or_none(person_id=person.id)
    if totp is not None and totp.confirmed_at is not None:
        left = await RecoveryCode.filter(person_id=person.id, used_at=None).count()
        rows.append(
            {_("Way in"): _("One-time passwords"), _("Since"): totp.confirmed_at, _("Recovery codes left"): left}
        )
    rows += [
        {_("Way in"): _("Another provider"), _("Note"): row.issuer, _("Since"): row.created_at}
        for row in await Identity.filter(person_id=person.id).order_by("id")
    ]
    return Held(_("Ways to sign in"), _("To let you in and nobody else."), rows)


async def _roles(person: Person) -> Held:
    memberships = await Membership.filter(person_id=person.id).select_related("agency").order_by("id")
    rows: list[dict[str, object]] = [
        {
            _("Role"): _(WORDS[Role(row.role)]),
            _("Agency"): row.agency.name if row.agency else None,
            _("Since"): row.starts_at,
            _("Until"): row.ended_at or row.ends_at,
        }
        for row in memberships
    ]
    if person.email:
        rows += [
            {_("Role"): _(WORDS[Role(row.role)]), _("Invited"): row.invited_at, _("Accepted"): row.accepted_at}
            for row in await Invitation.filter(email=person.email).order_by("id")
        ]
    return Held(_("Roles and invitations"), _("Who acted for an agency, and when, must stay answerable."), rows)


async def _organizations(person: Person) -> Held:
    rows = await Representative.filter(person_id=person.id).select_related("organization").order_by("id")
    return Held(
        _("Organizations you act for"),
        _("Who spoke for an organization, and when, must stay answerable."),
        [
            {
                _("Organization"): row.organization.name,
                _("Powers"): ", ".join(row.powers),
                _("Since"): row.accepted_at,
                _("Until"): row.ended_at,
            }
            for row in rows
        ],
    )


async def _visits(person: Person) -> Held:
    rows = await Visit.filter(citizen_id=person.id).order_by("id")
    return Held(
        _("Visits to a service centre"),
        _("What an agent did for you, so that you can see and dispute it."),
        [
            {
                _("When"): row.started_at,
                _("Until"): row.ended_at or row.expires_at,
                # Visits of an earlier version have no words, only the names of acts.
                _("What"): [{"what": _(act.get("says", act["what"])), "when": act["when"]} for act in row.acts],
                _("Your dispute"): row.dispute,
            }
            for row in rows
        ],
    )
