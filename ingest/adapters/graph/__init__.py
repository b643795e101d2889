"""Meta's Graph API: session, checked answers, pager, tokens, and what we read from Facebook and Instagram."""
