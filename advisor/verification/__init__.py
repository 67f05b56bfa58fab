"""Short real training that confirms or adjusts the rules' answer, on copies only."""
