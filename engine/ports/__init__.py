"""The devices and services the engine asks for, as protocols with their errors."""
