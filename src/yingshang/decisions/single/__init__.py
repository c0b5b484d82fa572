"""One enterprise: tables compiled for many evaluations, what is just missed, and which facts are missing."""
