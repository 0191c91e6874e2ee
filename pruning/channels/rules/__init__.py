"""What each kind of layer does to channels: one file a family. A new kind is a new `@rule` in one of these files."""
