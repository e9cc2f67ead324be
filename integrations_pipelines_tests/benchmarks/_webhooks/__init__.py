"""What the webhook benchmark stands on: senders that cost little, and processor time by process."""
