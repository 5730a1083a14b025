"""Compute beside the notebook: Dask clusters that are children of neither the server nor the kernel."""
