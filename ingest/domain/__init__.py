"""The words and rules of the subject, with nothing from outside but pydantic."""
