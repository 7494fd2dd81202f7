"""What decides that a tutorial runs again."""
