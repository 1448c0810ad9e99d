"""`python -m advisor.adapters.channels.cli`: the command line where no script is installed."""

import sys

from advisor.adapters.channels.cli.entry import main

if __name__ == "__main__":
    sys.exit(main())
