import type { AdminDependencies } from '../../admin/dependencies.ts'
import * as exchanges from '../../contract/admin/exchanges.ts'
import { defaultPage } from '../../contract/admin/fields.ts'
import { Fault } from '../../core/fault.ts'
import { exchangeRowJson, wholeExchangeJson } from './exchange-json.ts'
import type { Mount } from './mount.ts'
import { pageJson } from './page-json.ts'

export function mountExchanges(mount: Mount, { stores }: Pick<AdminDependencies, 'stores'>): void {
  const reader = stores.exchanges

  mount(exchanges.listExchanges, async ({ actor, query }) => {
    const page = await reader.list(actor.tenantId, {
      prompt: query.prompt,
      promptVersion: query.prompt_version,
      label: query.label,
      experiment: query.experiment,
      variant: query.variant,
      chain: query.chain,
      outcome: query.outcome,
      operation: query.operation,
      cache: query.cache,
      outputCheck: query.output_check,
      errorType: query.error_type,
      guardrail: query.guardrail,
      guardrailVerdict: query.guardrail_verdict,
      provider: query.provider,
      model: query.model,
      appName: query.app_name,
      userId: query.user_id,
      sessionId: query.session_id,
      keyId: query.key_id,
      environment: query.environment,
      locale: query.locale,
      stream: query.stream,
      metadata: query.metadata,
      from: millisecondsOf(query.from),
      until: millisecondsOf(query.until),
      limit: query.limit ?? defaultPage,
      cursor: query.cursor,
    })
    return pageJson(page, exchangeRowJson)
  })

  mount(exchanges.getExchange, async ({ actor, path }) => {
    const id = path.request_id.toLowerCase()
    const [exchange, feedback] = await Promise.all([
      reader.find(actor.tenantId, id),
      stores.feedback.ofExchange(actor.tenantId, id),
    ])
    if (exchange !== null) return wholeExchangeJson(exchange, feedback)
    throw new Fault(
      'not_found',
      `There is no exchange ${path.request_id}. One that has just ended is written within moments; an old one may be past its retention.`,
      {
        param: 'request_id',
      },
    )
  })
}

/** A date alone is its midnight in UTC. */
export function millisecondsOf(moment: string | undefined): number | undefined {
  return moment === undefined ? undefined : Date.parse(moment)
}
