"""What a running application logs of its services: failures, restarts, and giving up."""

from __future__ import annotations

import logging

from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState

__all__ = ["log_change"]

logger = logging.getLogger(__name__)


def log_change(service: ServiceInformation) -> None:
    """Log a service that has come into another state: a failure as a warning, one after which it
    is not restarted as an error. The fields are the service, what it failed with and how often.
    """
    fields: dict[str, object] = {"service": service.id}
    error = service.error
    match service.state:
        case ServiceState.RESTARTING | ServiceState.FAILED:
            result = service.result
            ended_well = result is not None and result.error is None
            if error is not None and not ended_well:
                fields |= {"kind": str(error.kind), "retryable": error.retryable}
                if "exit_code" in error.details:
                    fields["exit_code"] = error.details["exit_code"]
            why = "it ended" if ended_well or error is None else error.message
            fields["restarts"] = service.restarts
            if service.state is ServiceState.FAILED:
                logger.error("%s has failed: %s", service.id, why, extra=fields)
            else:
                logger.warning("%s is restarted: %s", service.id, why, extra=fields)
        case ServiceState.RUNNING if service.restarts:
            logger.info("%s runs again", service.id, extra={**fields, "restarts": service.restarts})
        case ServiceState.EXITED:
            logger.info("%s has ended", service.id, extra=fields)
        case _:
            logger.debug("%s is %s", service.id, service.state.value, extra=fields)
