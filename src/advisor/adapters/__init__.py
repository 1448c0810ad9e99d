"""Thin translations to outside systems; imported by nobody inside."""
