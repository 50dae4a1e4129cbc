"""Pages of the programme: for readers (`pages`), a person's own (`agenda`), and the organizers' (`editor`, `lists`)."""
