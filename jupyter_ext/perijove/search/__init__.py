"""One box over datasets, notebooks' cells, runs and jobs."""
