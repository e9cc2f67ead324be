"""Third party to landed rows: the only room that speaks dlt. What it hands on is Arrow and JSON."""
