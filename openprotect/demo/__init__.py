"""The demo: synthetic people, the days they live through, and the pages to read their messages."""
