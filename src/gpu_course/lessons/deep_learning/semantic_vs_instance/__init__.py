"""The chapter “Is a mask enough, or do you need objects?”."""
