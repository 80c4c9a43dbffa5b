"""The benchmark, its yardsticks, and the guard that counts work instead of seconds."""
