"""The version of the software, sealed into every entry."""

VERSION = "0.1.0"
