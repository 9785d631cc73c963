"""From pictures to judged answers: preparation, batches, versions, readiness."""
