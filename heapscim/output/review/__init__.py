"""Shows an access review: as a table, as CSV and JSON values, and as a page of HTML that needs no network."""
