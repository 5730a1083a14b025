"""Runs logged with MLflow: listed, shown and drawn without importing MLflow."""
