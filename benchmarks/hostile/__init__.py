"""The campaign: thousands of damaged, hostile and wrong inputs, each given to the real command; see __main__.py."""
