"""What every capability stands on, and which knows no capability."""
