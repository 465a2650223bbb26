"""Pure: the plan that takes a run back."""
