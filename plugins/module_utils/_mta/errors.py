# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong on a host, in words for the person who reads the play's output."""

from __future__ import annotations


class MtaError(Exception):
    """The wanted configuration cannot be applied. The message is the whole story."""
