"""Trade records: read, clean, reconcile."""
