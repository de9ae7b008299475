"""The front door: what a connection may send, how much of it and for how long."""
