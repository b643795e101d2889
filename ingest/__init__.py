"""campaign-reach: from a Graph API answer to a number that can be published and proved."""
