"""The interface for programs, in OpenAPI 3.1. A test holds it against the routes."""

from typing import Any

_UUID = {"name": "uuid", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The election."}
_PROBLEM = {
    "description": "A problem (RFC 9457), with a code where a program can do something about it.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _query(name: str, says: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": "integer"}, "description": says}


def _json(schema: str, says: str) -> dict[str, Any]:
    return {
        "description": says,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }


def _file(kind: str, says: str) -> dict[str, Any]:
    return {"description": says, "content": {kind: {"schema": {"type": "string", "format": "binary"}}}}


def _read(summary: str, answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "get": {"summary": summary, "parameters": list(parameters), "responses": {"200": answer, "default": _PROBLEM}}
    }


def _write(summary: str, body: dict[str, Any], answers: dict[str, Any], *, token: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": summary,
        "parameters": [_UUID],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {**answers, "default": _PROBLEM},
    }
    return {"post": found | ({"security": [{"link": []}]} if token else {})}


def _object(**properties: str) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(properties),
        "properties": {name: {"type": kind} for name, kind in properties.items()},
    }


_NO_CONTENT = {"204": {"description": "Done. Sending the same again changes nothing."}}

DESCRIPTION: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Sawtuna: elections",
        "version": "1",
        "description": "Everything public about elections, and the box that takes sealed ballots. "
        "The archive and its verification are described in docs/record.md.",
    },
    "paths": {
        "/api/openapi.json": _read("This description", {"description": "OpenAPI 3.1"}),
        "/api/elections": _read(
            "Published elections, newest first",
            _json("Elections", "A page of elections; `next` is the path of the page that follows."),
            _query("before", "Where the page begins; from `next`."),
            _query("limit", "How many, at most 200."),
        ),
        "/api/elections/{uuid}": _read("One election", _json("Election", "Everything public about it."), _UUID),
        "/api/elections/{uuid}/board": _read(
            "Events of the board above a height",
            _json("Board", "Events by height, at most 500."),
            _UUID,
            _query("after", "The height after which to begin; -1 for all."),
            _query("limit", "How many, at most 500."),
        ),
        "/api/elections/{uuid}/events": _read(
            "New events of the board as they come (Server-Sent Events)",
            _file("text/event-stream", "`board` with an event of the board, `state` with the state of the election."),
            _UUID,
        ),
        "/api/elections/{uuid}/ballots/{code}": _read(
            "A ballot by its tracker or its seal",
            _json("Ballot", "Where it stands, its bytes, its receipt."),
            _UUID,
            {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}},
        ),
        "/api/elections/{uuid}/ballots": _write(
            "Cast a sealed ballot",
            _object(ballot="string"),
            {
                "201": _json("Cast", "It is on the board."),
                "200": _json("Cast", "The very same ballot was there already: the same receipt."),
            },
        ),
        "/api/elections/{uuid}/codes/{digest}": _read(
            "Whether a public credential is on the list, by its SHA-256",
            {"description": "204 when it is, 404 when it is not."},
            _UUID,
            {"name": "digest", "in": "path", "required": True, "schema": {"type": "string"}},
        ),
        "/api/elections/{uuid}/audits": _write(
            "Keep a seal out of the box for ever, before it is opened", _object(seal="string"), _NO_CONTENT
        ),
        "/api/elections/{uuid}/receipts": _write(
            "Show a receipt, as its file has it; a vote pauses when its ballot is not on the board",
            _object(
                format="string",
                election_uuid="string",
                tracker="string",
                height="integer",
                event="string",
                seal="string",
                key="string",
                signature="string",
            ),
            {"200": _json("Shown", "Whether the ballot stands where the receipt says.")},
        ),
        "/api/elections/{uuid}/ceremony": {
            **_read("What a trustee has to do next", {"description": "The state of the key ceremony."}, _UUID),
            **_write(
                "Publish a part of the key ceremony", _object(kind="string", body="object"), _NO_CONTENT, token=True
            ),
        },
        "/api/elections/{uuid}/key-proof": _write(
            "Prove that the saved key file decrypts", _object(answer="string"), _NO_CONTENT, token=True
        ),
        "/api/elections/{uuid}/decryptions": _write(
            "A trustee's part of the count, as `sawtuna trustee decrypt` writes it",
            _object(format="string", uuid="string", decryption="object", strong="object"),
            _NO_CONTENT,
            token=True,
        ),
        "/api/elections/{uuid}/voters": _read(
            "The list for whom the credential authority makes codes", {"description": "Voters and weights."}, _UUID
        ),
        "/api/elections/{uuid}/credentials": _write(
            "Hand in the public credentials, sorted, once", _object(credentials="array"), _NO_CONTENT, token=True
        ),
        "/api/elections/{uuid}/mail-codes": _write(
            "Let the portal send voters their codes, once, where the administrator has allowed it",
            _object(codes="object"),
            {"200": {"description": "`sent` is how many."}},
            token=True,
        ),
        "/elections/{uuid}/{uuid}.bel": _read(
            "The archive, byte for byte; ranges are possible", _file("application/x-belenios", "The archive."), _UUID
        ),
        "/elections/{uuid}/election.json": _read(
            "The record whose hash is the fingerprint", _file("application/json", "The exact bytes."), _UUID
        ),
        "/elections/{uuid}/decryption-proofs.json": _read(
            "The strong proofs of decryption", _file("application/json", "As in docs/record.md."), _UUID
        ),
        "/elections/{uuid}/audited-seals.json": _read(
            "The seals that were opened for an audit", _file("application/json", "As in docs/record.md."), _UUID
        ),
        "/elections/{uuid}/record.zip": _read(
            "Archive and proofs in one file", _file("application/zip", "As `sawtuna verify` wants them."), _UUID
        ),
    },
    "components": {
        "securitySchemes": {"link": {"type": "http", "scheme": "bearer", "description": "The token of the own link."}},
        "schemas": {
            "Problem": _object(type="string", title="string", status="integer", detail="string"),
            "Elections": {
                "type": "object",
                "required": ["items", "next"],
                "properties": {
                    "items": {
                        "type": "array",
                        "items": _object(uuid="string", state="string", title="object", url="string"),
                    },
                    "next": {"type": ["string", "null"]},
                },
            },
            "Election": _object(
                uuid="string",
                state="string",
                paused="boolean",
                title="object",
                fingerprint="string",
                questions="array",
                documents="array",
                links="object",
                receipt_key="string",
            ),
            "Board": _object(items="array", size="integer", head="string"),
            "Ballot": _object(height="integer", digest="string", tracker="string", seal="string", ballot="string"),
            "Cast": _object(receipt="object"),
            "Shown": _object(there="boolean"),
        },
    },
}
