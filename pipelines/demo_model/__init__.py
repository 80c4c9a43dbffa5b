"""The synthetic population behind `pipelines.demo`.

Here belongs how invented people, homes and areas come about. What does not belong here: law (the demo aims
at round target values of its own and reads no legal parameter), file formats (see `pipelines.demo`) and
anything that reads a real delivery.
"""
