"""The report behind its assets (`assets.report`): its tables, and the page, document and workbook that show them.

What does not belong here: how anything is counted (`sql/report`) and how figures are withheld (`assets.disclosure`).
"""
