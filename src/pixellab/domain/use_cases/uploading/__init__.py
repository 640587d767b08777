"""How photos come in: at once, to be done later, or straight into the store first."""
