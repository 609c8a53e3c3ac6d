import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { ErrorHandler, NotFoundHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { Fault } from '../core/fault.ts'
import type { Observe } from '../core/observation.ts'
import { ExchangeRefused } from '../pipeline/run-exchange.ts'
import { faultHeaders, servedHeaders } from '../routes/answer-headers.ts'
import { wireFormOfPath } from '../routes/wire-form.ts'

/** Turns whatever a route threw into the one error envelope, and tells about it once. */
export function onError(observe: Observe): ErrorHandler {
  return function onErrorHandler(error, context) {
    const refused = error instanceof ExchangeRefused ? error : null
    const fault = refused?.fault ?? Fault.from(error)
    const requestId = context.get('requestId') as string | undefined
    if (refused === null) {
      if (fault.kind === 'internal') {
        observe({
          type: 'defect',
          where: `${context.req.method} ${context.req.routePath}`,
          error,
          ...(requestId === undefined ? {} : { requestId }),
        })
      } else {
        observe({ type: 'request-refused', requestId: requestId ?? '', errorType: fault.kind, message: fault.message })
      }
    }
    // Nobody is there to read an answer, and writing one to a closed socket is an error of its own.
    if (fault.kind === 'client_closed') return RESPONSE_ALREADY_SENT
    const served = refused?.served ?? null
    const headers = {
      ...faultHeaders(fault, refused?.attempts ?? []),
      ...(served === null ? {} : servedHeaders(served)),
    }
    if (refused !== null && refused.guardrails !== null) headers['x-promptbox-guardrails'] ??= refused.guardrails
    const form = wireFormOfPath(context.req.path)
    if (requestId !== undefined) Object.assign(headers, form.requestIdHeaders(requestId))
    headers['content-type'] = 'application/json'
    const text = form.error(fault, requestId ?? '')
    return context.body(text, fault.status as ContentfulStatusCode, headers)
  }
}

/** A path that is none of ours, in the same envelope. */
export const onNotFound: NotFoundHandler = (context) => {
  const fault = new Fault(
    'not_found',
    `There is no ${context.req.method} ${context.req.path}. See /admin/docs and the README for what there is.`,
  )
  const requestId = context.get('requestId') as string | undefined
  const form = wireFormOfPath(context.req.path)
  return context.body(form.error(fault, requestId ?? ''), 404, {
    'content-type': 'application/json',
    ...(requestId === undefined ? {} : form.requestIdHeaders(requestId)),
  })
}
