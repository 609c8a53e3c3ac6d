import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'

const exposed = [
  'x-request-id',
  'request-id',
  'x-promptbox-prompt',
  'x-promptbox-version',
  'x-promptbox-locale',
  'x-promptbox-experiment',
  'x-promptbox-variant',
  'x-promptbox-provider',
  'x-promptbox-model',
  'x-promptbox-cache',
  'x-promptbox-attempts',
  'x-promptbox-guardrails',
  'x-promptbox-warning',
  'x-promptbox-output',
  'x-promptbox-upstream-request-id',
  'x-ratelimit-limit-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'x-ratelimit-reset-requests',
  'x-ratelimit-reset-tokens',
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
].join(', ')

/** Headers that let a browser read our answer; empty when no browser of another origin asks. */
export function crossOriginHeaders(origin: string | undefined): Record<string, string> {
  return origin === undefined ? {} : { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposed }
}

/**
 * Lets streaming chat UIs in a browser call the inference routes. Any origin may: the key is what grants access, and no
 * cookie is ever read here. Preflights are answered without a key, whatever headers the client library adds.
 */
export const crossOrigin = (): MiddlewareHandler<{ Bindings: HttpBindings }> => {
  return function crossOriginMiddleware(context, next) {
    // From node's own headers: asking Hono for one builds a Headers object of all of them, 10 µs at every request.
    const { origin, 'access-control-request-headers': asked } = context.env.incoming.headers
    if (origin === undefined) return next()
    if (context.req.method === 'OPTIONS') {
      return Promise.resolve(
        context.body(null, 204, {
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, POST, OPTIONS',
          'access-control-allow-headers': typeof asked === 'string' ? asked : 'authorization, content-type',
          'access-control-max-age': '86400',
          vary: 'access-control-request-headers',
        }),
      )
    }
    for (const [name, value] of Object.entries(crossOriginHeaders(origin))) context.header(name, value)
    return next()
  }
}
