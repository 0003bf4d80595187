# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Amazon SES that runs anywhere: the AWS API and the SMTP endpoints over one state."""

from __future__ import annotations

__version__ = "0.1.0"
