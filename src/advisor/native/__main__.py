"""`python -m advisor.native` builds the library of compiled loops beside its sources, where it is
not there yet, and prints its path.
"""

import sys

from advisor.native.build import main

if __name__ == "__main__":
    sys.exit(main())
