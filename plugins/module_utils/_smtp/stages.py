# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stages of a dialogue with SES, in their order."""

from __future__ import annotations

STAGES = ("connect", "tls", "auth", "envelope", "send")
