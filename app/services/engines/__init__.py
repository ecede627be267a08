"""Engine processes as the GUI thread sees them, and the threads and locks beside them."""
