"""Tables on a page: ruled ones by their lines, others by what stands below what."""
