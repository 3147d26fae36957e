"""What is decided at start-up: settings, addresses, the database, which adaptor fills which port."""
