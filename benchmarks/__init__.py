"""What the product is measured by; results are kept beside the commands that made them."""
