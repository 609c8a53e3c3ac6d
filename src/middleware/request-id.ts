import type { MiddlewareHandler } from 'hono'
import { newRequestId } from '../core/ids.ts'

export interface RequestIdVariables {
  /** UUIDv7, ours: clients may send an `x-request-id` of their own, which never becomes the name of a record. */
  requestId: string
}

/**
 * Names the request. Errors and inference answers carry the name by themselves; other routes use `showRequestId`, because a
 * header set here would make Hono build a Headers object for every request, which costs more than the rest of the routing.
 */
export const requestId = (): MiddlewareHandler<{ Variables: RequestIdVariables }> => {
  return function requestIdMiddleware(context, next) {
    context.set('requestId', newRequestId())
    return next()
  }
}

/** Puts the name on an answer that goes out through Hono. */
export const showRequestId = (): MiddlewareHandler<{ Variables: RequestIdVariables }> => {
  return function showRequestIdMiddleware(context, next) {
    context.header('x-request-id', context.get('requestId'))
    return next()
  }
}
