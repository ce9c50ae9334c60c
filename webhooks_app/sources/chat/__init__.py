"""What happens in a conversation, derived from the messages that the platform reports."""
