"""Landing: the bytes as received, one immutable file per batch."""
