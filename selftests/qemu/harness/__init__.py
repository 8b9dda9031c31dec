# SPDX-License-Identifier: LGPL-2.1-or-later
"""Parts of the QEMU + swtpm harness; see ../README.md."""
