"""Processes: the lifecycle, the scheduler, the dispatcher, hosts."""
