"""The queue and the timetable: each job loads ids and makes one call."""
