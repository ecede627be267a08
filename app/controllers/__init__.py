"""Controllers between the window and the services, one for each feature: they pass on clicks and display results."""
