"""Which adaptor fills which port. Start-up calls it; nobody else imports it."""
