"""The words of the report, in Danish, a module for each section or two; `assets.reporting.text` has their order.

Every figure is read out of a finished table through `Told`. What does not belong here: figures, rules, and how the
document looks.
"""
