"""What the user asked for: fields, their values, files of them."""
