"""Shows the provisioning log."""
