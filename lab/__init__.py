"""The disaster on one machine: real servers, emulated control planes."""
