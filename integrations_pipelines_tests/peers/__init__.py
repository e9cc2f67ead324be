"""Third parties that no one here wrote, run on loopback: each started as a process of its own, and stopped."""
