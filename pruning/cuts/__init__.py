"""A structured cut: how many units go, which, what it saves, and how what stays makes up for it."""
