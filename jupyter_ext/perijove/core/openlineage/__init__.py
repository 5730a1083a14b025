"""OpenLineage 2-0-2: what cells did goes out as events, what Spark, dbt or Airflow did comes in."""
