"""What is sent, and what comes back: messages, receipts, features, templates."""
