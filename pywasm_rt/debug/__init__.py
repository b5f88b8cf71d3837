"""Looking at executions through the engine interface only."""
