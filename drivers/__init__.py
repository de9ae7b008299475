"""One folder per family of devices, each behind its port."""
