"""Between the window and the services, one part of the work each: what was clicked is done, what was done is shown."""
