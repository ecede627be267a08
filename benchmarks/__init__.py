"""Speed and accuracy, measured by hand; each module says how it is called."""
