import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Observe } from './core/observation.ts'
import { type AuthenticateOptions, authenticate } from './middleware/authenticate.ts'
import { crossOrigin } from './middleware/cross-origin.ts'
import { onError, onNotFound } from './middleware/on-error.ts'
import { type RequestIdVariables, requestId, showRequestId } from './middleware/request-id.ts'
import type { InferenceDependencies, InferenceEnvironment } from './routes/inference.ts'
import { type FeedbackDependencies, feedback } from './routes/feedback.ts'
import { inference } from './routes/inference-routes.ts'
import type { AdminEnvironment } from './routes/admin/authenticate.ts'
import { type ModelsDependencies, models } from './routes/models.ts'
import { type OperationsDependencies, operations } from './routes/operations.ts'

export interface HttpDependencies {
  readonly authenticate: AuthenticateOptions
  readonly inference: InferenceDependencies
  readonly models: ModelsDependencies
  readonly feedback: FeedbackDependencies
  readonly operations: OperationsDependencies
  /** The admin API with its own authentication; mounted at `/admin`. null: this process has none. */
  readonly admin: Hono<AdminEnvironment> | null
  readonly observe: Observe
}

/**
 * Every path this process answers. Whatever is under `/v1` needs a key: the middleware stands in front of the whole prefix,
 * so a new route cannot be mounted without it.
 */
export function createHttp(
  dependencies: HttpDependencies,
): Hono<{ Bindings: HttpBindings; Variables: RequestIdVariables }> {
  const http = new Hono<{ Bindings: HttpBindings; Variables: RequestIdVariables }>({ strict: false })
  http.onError(onError(dependencies.observe))
  http.notFound(onNotFound)
  http.use(requestId())
  for (const path of [
    '/healthz',
    '/readyz',
    '/metrics',
    '/v1/models',
    '/v1/models/*',
    '/v1/feedback',
    '/v1/prompts/:id/render',
  ]) {
    http.use(path, showRequestId())
  }
  http.route('/', operations(dependencies.operations))
  if (dependencies.admin !== null) http.route('/admin', dependencies.admin)

  const underKey = new Hono<InferenceEnvironment>({ strict: false })
  underKey.use(crossOrigin())
  underKey.use(authenticate(dependencies.authenticate))
  underKey.route('/', inference(dependencies.inference))
  underKey.route('/', models(dependencies.models))
  underKey.route('/', feedback(dependencies.feedback))
  http.route('/v1', underKey)
  return http
}
