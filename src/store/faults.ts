import { Fault } from '../core/fault.ts'
import { defaultCredential } from '../snapshot/snapshot.ts'

/** The faults that every implementation of the stores gives alike. */

export const noPrompt = (slug: string): Fault =>
  new Fault('not_found', `There is no prompt '${slug}'.`, { param: 'slug', code: 'prompt_not_found' })

export const noVersion = (slug: string, version: number): Fault =>
  new Fault('not_found', `Prompt '${slug}' has no version ${version}.`, { param: 'version' })

export const noLabel = (slug: string, label: string): Fault =>
  new Fault('not_found', `Prompt '${slug}' has no label '${label}'.`, { param: 'label' })

export const noKey = (id: string): Fault => new Fault('not_found', `There is no key '${id}'.`, { param: 'id' })

export const noCredential = ({ provider, name }: { readonly provider: string; readonly name: string }): Fault =>
  name === defaultCredential
    ? new Fault('not_found', `No credential is stored for provider '${provider}'.`, { param: 'provider' })
    : new Fault('not_found', `No credential '${name}' is stored for provider '${provider}'.`, { param: 'name' })

export const noModel = (id: string): Fault => new Fault('not_found', `There is no model '${id}'.`, { param: 'id' })

export const noRoute = (slug: string): Fault =>
  new Fault('not_found', `There is no route '${slug}'. GET /admin/v1/routes lists those there are.`, { param: 'slug' })

export const noAgent = (slug: string): Fault =>
  new Fault('not_found', `There is no agent '${slug}'. GET /admin/v1/agents lists those there are.`, { param: 'slug' })

export const routeCycle = (cycle: readonly string[]): Fault =>
  new Fault(
    'conflict',
    `targets: the route would lead back to itself: ${cycle.join(' → ')}. Take one of these targets out.`,
    { param: 'targets', code: 'route_cycle' },
  )

export const noTemplate = (slug: string): Fault =>
  new Fault('not_found', `There is no template '${slug}'. GET /admin/v1/templates lists those there are.`, {
    param: 'slug',
    code: 'template_not_found',
  })

export const templateTaken = (slug: string): Fault =>
  new Fault(
    'conflict',
    `slug: there is already a template '${slug}', perhaps an archived one. Choose another slug, or change that one.`,
    { param: 'slug' },
  )

export const noReview = (slug: string): Fault =>
  new Fault('not_found', `You have not reviewed the template '${slug}'.`, { param: 'slug' })

export const noChain = (slug: string): Fault =>
  new Fault('not_found', `There is no chain '${slug}'. GET /admin/v1/chains lists those there are.`, { param: 'slug' })

export const noChainVersion = (slug: string, version: number): Fault =>
  new Fault('not_found', `Chain '${slug}' has no version ${version}.`, { param: 'version' })

export const chainTaken = (slug: string): Fault =>
  new Fault(
    'conflict',
    `slug: there is already a chain '${slug}'. Choose another name, or PUT /admin/v1/chains/${slug} to add a version to it.`,
    { param: 'slug' },
  )

export const noExperiment = (slug: string): Fault =>
  new Fault('not_found', `There is no experiment '${slug}'. GET /admin/v1/experiments lists those there are.`, {
    param: 'slug',
  })

export const experimentTaken = (slug: string): Fault =>
  new Fault(
    'conflict',
    `slug: there is already an experiment '${slug}', perhaps one that has ended: its results stay. Choose another name.`,
    { param: 'slug' },
  )

export const tooManyExperiments = (most: number): Fault =>
  new Fault(
    'conflict',
    `There are ${most} experiments and rollouts that run already, and no more can. Stop or pause one first.`,
    { code: 'too_many_experiments' },
  )

export const promptIsArchived = (slug: string): Fault =>
  new Fault(
    'conflict',
    `Prompt '${slug}' is archived, so that nobody is served it. POST /admin/v1/prompts/${slug}/restore brings it back.`,
    { param: 'prompt', code: 'prompt_archived' },
  )

export const experimentWasStarted = (slug: string): Fault =>
  new Fault(
    'conflict',
    `Experiment '${slug}' was started, and what it found stays. Only drafts can be removed; stop it instead.`,
    { code: 'experiment_started' },
  )

export const unstorableText = (field: string): Fault =>
  new Fault(
    'invalid_request',
    `\`${field}\` holds a text with the character U+0000 or half of a surrogate pair, which cannot be stored. Remove it.`,
    { param: field },
  )

export const noGuardrail = (slug: string): Fault =>
  new Fault('not_found', `There is no guardrail '${slug}'. GET /admin/v1/guardrails lists those there are.`, {
    param: 'slug',
  })

export const guardrailTaken = (slug: string): Fault =>
  new Fault(
    'conflict',
    `slug: there is already a guardrail '${slug}'. Choose another name, or PATCH /admin/v1/guardrails/${slug} to change it.`,
    { param: 'slug' },
  )

export const tooManyGuardrails = (most: number): Fault =>
  new Fault(
    'conflict',
    `There are ${most} guardrails already, and no more can be: a request may have to be held against each. Remove one, or join several into one.`,
    { code: 'too_many_guardrails' },
  )

export const guardrailRangeTooLong = (): Fault =>
  new Fault('invalid_request', 'from: the range until `until` must be 31 days or less. Ask for shorter ones.', {
    param: 'from',
  })

export const noGuardrailResult = (requestId: string, guardrail: string, stage: string | null): Fault =>
  new Fault(
    'not_found',
    `Guardrail '${guardrail}' has no result ${stage === null ? '' : `at stage '${stage}' `}in exchange '${requestId}'. GET /admin/v1/exchanges/${requestId} shows those there are.`,
    { param: 'guardrail' },
  )

export const noExchange = (requestId: string): Fault =>
  new Fault(
    'not_found',
    `There is no exchange '${requestId}'. One that has just ended is written within moments; an old one may be past its retention.`,
    { param: 'request_id' },
  )

/** Slugs and aliases of one tenant share one name space. */
export const nameTaken = (field: 'slug' | 'aliases', name: string): Fault =>
  new Fault('conflict', `${field}: '${name}' is already the slug or an alias of a prompt. Choose another name.`, {
    param: field,
  })

export const semverTaken = (slug: string, semver: string): Fault =>
  new Fault(
    'conflict',
    `semver: prompt '${slug}' already has a version ${semver}. Versions never change: choose the next number.`,
    {
      param: 'semver',
    },
  )

export const keyTaken = (field: 'id' | 'hash'): Fault =>
  new Fault('conflict', `${field}: there is already a key with this ${field}.`, { param: field })

export const modelNameTaken = (field: 'id' | 'aliases', name: string, owner: string): Fault =>
  new Fault('conflict', `${field}: '${name}' is already the id or an alias of model '${owner}'. Choose another name.`, {
    param: field,
  })

export const labelWithoutVersion = (): Fault =>
  new Fault(
    'invalid_request',
    'labels: a label needs a version to point to. Give version as well, or set labels later.',
    { param: 'labels' },
  )

export const noParent = (slug: string, version: number): Fault =>
  new Fault(
    'invalid_request',
    `parent_version: prompt '${slug}' has no version ${version}. Name one that exists, or leave it out.`,
    {
      param: 'parent_version',
    },
  )

export const nothingToRollBack = (slug: string, label: string): Fault =>
  new Fault(
    'conflict',
    `Label '${label}' of prompt '${slug}' has no earlier version to go back to. Set it to the version you want instead.`,
    { param: 'label', code: 'nothing_to_roll_back' },
  )

export const databaseAway = (cause?: unknown): Fault =>
  new Fault(
    'unavailable',
    'The database is away. Requests are still answered from the last known state; what needs the database works again when it is back.',
    { retryAfterMs: 1000, cause },
  )

export const statementTooSlow = (cause?: unknown): Fault =>
  new Fault(
    'unavailable',
    'The database did not finish this within its time limit, and it was given up. Ask for less: a list of exchanges by a shorter time, with from and until.',
    { code: 'statement_timeout', cause },
  )

export const noTenant = (): Fault => new Fault('not_found', 'This tenant does not exist.', { param: 'tenant' })
