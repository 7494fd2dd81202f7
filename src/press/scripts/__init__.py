"""What an author writes: scripts, their headers, questions and exercises."""
