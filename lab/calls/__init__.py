"""Which calls the runbooks make of the clouds: written down as they come, and what rights they want.

recorder.py   the emulators' side: a JSON line for each call, in .lab/calls
condense.py   the reader's side: a line becomes a Call, without ids, names and times
rights.py     a Call becomes the permissions that a cloud asks for it
session.py    the row of runbooks of which tests/contract/recorded-calls.json is made
policies.py   the policies/*.json that allow exactly this
"""
