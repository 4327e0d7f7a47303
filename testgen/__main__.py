"""`python -m testgen` is `testgen`."""

from testgen.cli.main import main

main()
