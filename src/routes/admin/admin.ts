import { Hono } from 'hono'
import type { AdminDependencies } from '../../admin/dependencies.ts'
import type { RunGate } from '../../admin/move-label.ts'
import { missingGuardrails, withKnownGuardrails } from '../../admin/known-guardrails.ts'
import { createTestRunner } from '../../admin/run-tests.ts'
import { openApiDocument } from '../../contract/admin/openapi.ts'
import { onError } from '../../middleware/on-error.ts'
import { newRequestId } from '../../core/ids.ts'
import { once } from '../../core/once.ts'
import type { RequestIdVariables } from '../../middleware/request-id.ts'
import type { AdminEnvironment } from './authenticate.ts'
import { mountAgents } from './agents.ts'
import { mountChangeMany } from './change-many.ts'
import { docsPage, docsPolicy } from './docs/docs-page.ts'
import { mountChains } from './chains.ts'
import { mountEvolution } from './evolution.ts'
import { mountExchanges } from './exchanges.ts'
import { mountExperiments } from './experiments.ts'
import { mountFeedback } from './feedback.ts'
import { mountGuardrails } from './guardrails.ts'
import { mountInterchange } from './interchange.ts'
import { mountKeys } from './keys.ts'
import { mountLabels } from './labels.ts'
import { mountModels } from './models.ts'
import { mountOn } from './mount.ts'
import { mountPartials } from './partials.ts'
import { mountOutputChecks } from './output-checks.ts'
import { mountPrompts } from './prompts.ts'
import { mountProviders } from './providers.ts'
import { mountReviews } from './reviews.ts'
import { mountRender } from './render.ts'
import { mountRollouts } from './rollouts.ts'
import { mountRoutes } from './routes.ts'
import { mountSnapshot } from './snapshot.ts'
import { mountTemplates } from './templates.ts'
import { mountTests } from './tests.ts'
import { mountVersions } from './versions.ts'

/** All that may be read without a key: what the API looks like, never what is in it. */
export const openPaths = ['/openapi.json', '/docs'] as const

/**
 * The admin API, to be mounted at `/admin`: `/admin/v1/…`, and open to everybody `/admin/openapi.json` and `/admin/docs`.
 * A path that is not open is authenticated, whether anything is there or not.
 */
export function createAdminRoutes(given: AdminDependencies): Hono<AdminEnvironment> {
  const prompts = withKnownGuardrails(given.stores.prompts, missingGuardrails(given))
  const dependencies: AdminDependencies = { ...given, stores: { ...given.stores, prompts } }
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
  const tests = createTestRunner(dependencies)
  const runGate: RunGate = async (actor, slug, version) => void (await tests.runGate(actor, slug, version))
  const gated = { ...dependencies, runGate: dependencies.runGate === undefined ? runGate : dependencies.runGate }
  mountChangeMany(mount, gated)
  mountPrompts(mount, dependencies)
  mountVersions(mount, dependencies, tests)
  mountLabels(mount, gated)
  mountPartials(mount, dependencies)
  mountReviews(mount, dependencies)
  mountTests(mount, dependencies, tests)
  mountRender(mount, dependencies)
  mountKeys(mount, dependencies)
  mountProviders(mount, dependencies)
  mountModels(mount, dependencies)
  mountRoutes(mount, dependencies)
  mountAgents(mount, dependencies)
  mountChains(mount, dependencies)
  mountExchanges(mount, dependencies)
  mountFeedback(mount, dependencies)
  mountOutputChecks(mount, dependencies)
  mountGuardrails(mount, dependencies)
  mountExperiments(mount, gated)
  mountRollouts(mount, dependencies)
  mountEvolution(mount, dependencies, tests)
  mountInterchange(mount, gated)
  mountSnapshot(mount, dependencies)
  mountTemplates(mount, dependencies)
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
