"""One file per migration, named by date."""
