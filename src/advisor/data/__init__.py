"""What the rooms share: frozen values round read-only arrays."""
