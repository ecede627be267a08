"""The main window and what belongs to it as a whole: menu, sidebar, search, status, tray."""
