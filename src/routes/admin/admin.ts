import { Hono } from 'hono'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import { openApiDocument } from '../../contract/admin/openapi.ts'
import { onError } from '../../middleware/on-error.ts'
import { newRequestId } from '../../core/ids.ts'
import type { RequestIdVariables } from '../../middleware/request-id.ts'
import type { AdminEnvironment } from './authenticate.ts'
import { docsPage, docsPolicy } from './docs/docs-page.ts'
import { mountExchanges } from './exchanges.ts'
import { mountInterchange } from './interchange.ts'
import { mountKeys } from './keys.ts'
import { mountLabels } from './labels.ts'
import { mountModels } from './models.ts'
import { mountOn } from './mount.ts'
import { mountPrompts } from './prompts.ts'
import { mountProviders } from './providers.ts'
import { mountRender } from './render.ts'
import { mountRoutes } from './routes.ts'
import { mountSnapshot } from './snapshot.ts'

/** All that may be read without a key: what the API looks like, never what is in it. */
export const openPaths = ['/openapi.json', '/docs'] as const

/**
 * The admin API, to be mounted at `/admin`: `/admin/v1/…`, and open to everybody `/admin/openapi.json` and `/admin/docs`.
 * A path that is not open is authenticated, whether anything is there or not.
 */
export function createAdminRoutes(dependencies: AdminDependencies): Hono<AdminEnvironment> {
  const admin = new Hono<AdminEnvironment>()
  admin.onError(onError(dependencies.observe))
  admin.use('*', async function adminHeaders(context, next) {
    // The whole application may have named the request already.
    const named = context.get('requestId') as RequestIdVariables['requestId'] | undefined
    const id = named ?? newRequestId()
    context.set('requestId', id)
    context.header('x-request-id', id)
    context.header('cache-control', 'no-store')
    context.header('x-content-type-options', 'nosniff')
    context.header('referrer-policy', 'no-referrer')
    return next()
  })

  const versioned = new Hono<AdminEnvironment>()
  const { mount, endpoints, close } = mountOn(versioned, dependencies)
  mountPrompts(mount, dependencies)
  mountLabels(mount, dependencies)
  mountRender(mount, dependencies)
  mountKeys(mount, dependencies)
  mountProviders(mount, dependencies)
  mountModels(mount, dependencies)
  mountRoutes(mount, dependencies)
  mountExchanges(mount, dependencies)
  mountInterchange(mount, dependencies)
  mountSnapshot(mount, dependencies)
  close()

  // Made when somebody first asks: it takes longer than all the rest here, and a start should be quick.
  const document = once(() => openApiDocument(endpoints))
  const documentText = once(() => JSON.stringify(document()))
  const page = once(() => docsPage(document()))
  admin.get('/openapi.json', (context) =>
    context.body(documentText(), 200, { 'content-type': 'application/json; charset=UTF-8' }),
  )
  admin.get('/docs', (context) => context.html(page(), 200, { 'content-security-policy': docsPolicy }))
  admin.route('/v1', versioned)
  return admin
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null
  return () => (made ??= { value: make() }).value
}
