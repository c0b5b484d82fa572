"""Pages, one file a subject. Views gather what a page shows and call the action functions; the rules live there."""
