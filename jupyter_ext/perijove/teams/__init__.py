"""People, roles and approvals of a team; the shared parts they need stand in core."""
