"""Publishing: an edition is sealed with its hashes, its lists written for people and machines, its releases noted.

What does not belong here: the asset and the order of its steps (`assets.edition`), and any figure.
"""
