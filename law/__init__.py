"""The law as data: dated parameters, code lists, the sentences of the act, the lists published earlier.

What does not belong here: anything derived from it.
"""
