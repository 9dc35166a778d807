"""What is kept: tables, migrations and the ports of the core over them."""
