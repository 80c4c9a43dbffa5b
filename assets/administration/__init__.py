"""What a status sets in motion: letting, assignment, the cap, private agreements, the refund queue, funds, plans.

One module per system. Each reads the accepted cases and a sealed edition, and writes decisions with the legal
values they rest on. What does not belong here: registers, the warehouse, and anything else of the statistics.
Statistical data may not decide about a person, so nothing here imports the modules that derive the lists.
"""
