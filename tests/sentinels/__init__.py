"""A sentinel stands in every credential of every provider, and is looked for everywhere."""
