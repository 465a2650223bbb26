"""Shows the provisioning log: runs, and each change of a run with its outcome."""
