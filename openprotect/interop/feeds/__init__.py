"""Files that other bodies send: read exactly, refused plainly."""
