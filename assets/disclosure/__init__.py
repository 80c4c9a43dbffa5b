"""Disclosure control: its limits, what is hidden besides what may not be told, and the attack that tries it.

It knows cells and how they add up. What does not belong here: which tables there are and what they count
(`assets.reporting`).
"""
