"""What an inspector asks for: checking, exports, the stand-alone verifier."""
