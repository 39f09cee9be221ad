"""The admin dashboard: pages rendered on the server, from answers of the service's own REST API."""
