"""The thin server and the command line in front of the engine."""
