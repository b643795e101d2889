"""Files that people export, brought in: every trap of theirs, composed here from the facts."""
