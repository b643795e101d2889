"""The event queue: signed deliveries wait here, durable, until what they ask for has landed."""
