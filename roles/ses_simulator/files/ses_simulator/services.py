# Copyright (c) 2026, cloudmail.ses contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS services as botocore knows them, and the errors that they answer with."""

from __future__ import annotations

from functools import cache

from botocore.loaders import Loader
from moto.core.model import ServiceModel

SES = "sesv2"


class ServiceError(Exception):
    """An error that a client sees as the service's own."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_found(message: str) -> ServiceError:
    """Return SES's NotFoundException."""
    return ServiceError("NotFoundException", message, status=404)


def bad_request(message: str) -> ServiceError:
    """Return SES's BadRequestException."""
    return ServiceError("BadRequestException", message)


@cache
def service_model(service: str) -> ServiceModel:
    """Return botocore's model of a service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
