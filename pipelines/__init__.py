"""When and how things run: definitions, jobs, schedules, sensors, resources and the command.

What does not belong here: what exists (`assets`) and how it is derived (`sql/`).
"""
