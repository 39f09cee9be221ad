"""The chat gateway: recall, inject, forward to the model server, remember the exchange."""
