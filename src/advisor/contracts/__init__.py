"""What crosses a door: pydantic contracts, frozen and closed."""
