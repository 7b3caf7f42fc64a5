"""What `send`, `send_bulk` and campaigns share: admission, queue, dispatcher, rate limit."""
