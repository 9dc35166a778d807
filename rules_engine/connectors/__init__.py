"""CRMs and order systems: one Python file for the protocol and one YAML file for the field names each."""
