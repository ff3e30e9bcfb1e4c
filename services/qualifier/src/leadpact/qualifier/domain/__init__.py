"""What the qualifier decides, pure: facts and agreements in, engagements and explanations out."""
