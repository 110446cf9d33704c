"""The voting protocol: a pure library, and its own command line in `crypto.cli`.

Read in this order: `groups`, `elgamal`, `proofs`, `transcripts`; `credentials`, `trustees`, `keygen`, `channel`;
`election`, `answers`, `ballot`, `seals`, `tally`, `decryption_proofs`; `archive`, `board`, `journal`; `verification`.
"""
