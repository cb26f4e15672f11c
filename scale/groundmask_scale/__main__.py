import sys

from groundmask_scale.cli import main

sys.exit(main())
