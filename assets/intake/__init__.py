"""Intake: deliveries are found and hashed, their files read once and stored, and the snapshots judged and promoted.

What does not belong here: what a delivery must look like (`assets.contracts`), and the assets and checks that show it
(`assets.received`, `assets.registers`).
"""
