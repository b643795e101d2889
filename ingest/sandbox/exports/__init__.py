"""Files that people take from the tools of the platforms and send: written from the world, with the tools' own ways."""
