import type { MiddlewareHandler } from 'hono'
import { newRequestId } from '../core/ids.ts'

export interface RequestIdVariables {
  /** UUIDv7, ours: clients may send an `x-request-id` of their own, which never becomes the name of a record. */
  requestId: string
}

/** Names the request and puts the name on every answer that goes out through Hono, errors included. */
export const requestId = (): MiddlewareHandler<{ Variables: RequestIdVariables }> => {
  return function requestIdMiddleware(context, next) {
    const id = newRequestId()
    context.set('requestId', id)
    context.header('x-request-id', id)
    return next()
  }
}
