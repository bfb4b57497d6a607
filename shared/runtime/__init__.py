"""What happens around every stage: parse the event, claim, run, commit, publish, map errors, log."""
