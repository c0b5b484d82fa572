"""What runs the platform: embedded PostgreSQL, the supervisor, the command line and the health check."""
