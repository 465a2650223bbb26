"""What this machine keeps of a connection: its profile, its secrets, and private files. Knows no directory."""
