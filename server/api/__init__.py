"""The API generated from THE TABLE: routes, problems, parameters, documents."""
