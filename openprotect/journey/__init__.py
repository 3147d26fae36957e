"""The six stages, and the flow that joins them."""
