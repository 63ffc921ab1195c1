"""The linear engine: exact small-signal answers of R, L and C, thousands at once."""
