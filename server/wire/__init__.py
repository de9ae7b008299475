"""The wire between workers and the engine: frames over Unix sockets, the engine's loop and the workers' link."""
