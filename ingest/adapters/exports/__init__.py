"""Files that people export: opened safely, recognised by data, read into raw rows."""
