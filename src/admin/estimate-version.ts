import type { VersionBody } from '../prompts/compiled-version.ts'
import { staticText } from '../prompts/static-text.ts'
import type { AdminDependencies } from './dependencies.ts'

/** What a request to one model of a version costs at least. */
export interface ModelEstimate {
  readonly model: string
  /** Of the text that is sent whatever the request. */
  readonly inputTokens: number
  readonly tokensSource: 'tokenizer' | 'estimated'
  /** Tokens of request and answer together; null: unknown. */
  readonly contextLimit: number | null
  /** Most tokens of one answer: what the version allows, else what the model can do; null: unknown. */
  readonly maxOutputTokens: number | null
  /** US dollars for the fixed text alone; null: the price is unknown. */
  readonly costUsd: number | null
  /** With an answer as long as the version allows; null: it sets no limit, or the price is unknown. */
  readonly costUsdAtMost: number | null
  /** Fixed text and answer do not fit into the model's context. */
  readonly overContext: boolean
}

export interface VersionEstimate {
  readonly estimates: readonly ModelEstimate[]
  /** Sentences for the author. */
  readonly warnings: readonly string[]
}

/**
 * Tokens and cost of a version on its model and each fallback, as far as they can be told without a request.
 *
 * @param prefix name of the field that holds the version, such as `version.`; empty when the body is the version.
 */
export async function estimateVersion(
  { countTokens, describeModel, snapshot }: Pick<AdminDependencies, 'countTokens' | 'describeModel' | 'snapshot'>,
  body: VersionBody,
  prefix = '',
): Promise<VersionEstimate> {
  const text = staticText(body)
  const answerTokens = answerLimit(body)
  const estimates = await Promise.all(
    [body.model, ...(body.fallback_models ?? [])].map(async (model): Promise<ModelEstimate> => {
      const { tokens, source } = await countTokens(text, model)
      const known = describeModel(model)
      const contextLimit = known?.facts?.context_window ?? null
      const prices = known?.prices ?? null
      const costUsd = prices === null ? null : dollars(tokens * prices.input_usd_per_million_tokens)
      return {
        model,
        inputTokens: tokens,
        tokensSource: source,
        contextLimit,
        maxOutputTokens: answerTokens ?? known?.facts?.max_output_tokens ?? null,
        costUsd,
        costUsdAtMost:
          prices === null || answerTokens === null
            ? null
            : dollars(
                tokens * prices.input_usd_per_million_tokens + answerTokens * prices.output_usd_per_million_tokens,
              ),
        overContext: contextLimit !== null && tokens + (answerTokens ?? 0) > contextLimit,
      }
    }),
  )
  const { routes } = snapshot()
  const warnings = estimates.flatMap((estimate, index) => {
    const field = index === 0 ? `${prefix}model` : `${prefix}fallback_models[${index - 1}]`
    const isKnown = routes.has(estimate.model) || describeModel(estimate.model) !== null
    return [...(isKnown ? [] : [unknownModel(field, estimate.model)]), ...contextWarning(estimate, field)]
  })
  return { estimates, warnings }
}

/** Only a warning: a route or an alias of this name may be made afterwards. */
function unknownModel(field: string, model: string): string {
  return `\`${field}\` is \`${model}\`, which is neither \`<provider>/<model>\` of a known provider nor a route or an alias: no request can reach it as things are`
}

/** The version's own bound of an answer, when it is a plain number. */
function answerLimit({ parameters = {} }: VersionBody): number | null {
  const limits = [parameters['max_completion_tokens'], parameters['max_tokens']].filter(
    (limit) => typeof limit === 'number' && limit >= 0,
  )
  return (limits[0] as number | undefined) ?? null
}

function contextWarning(
  { model, inputTokens, contextLimit, overContext }: ModelEstimate,
  field: string,
): readonly string[] {
  if (!overContext || contextLimit === null) return []
  return [
    `\`${field}\` is \`${model}\`, whose context holds ${contextLimit} tokens: the fixed text of the version (${inputTokens}) and its longest answer do not fit. Shorten the text, lower \`max_tokens\`, or choose a model with a longer context`,
  ]
}

/** @param millionths millionths of a dollar. Rounded where floating point begins to show. */
function dollars(millionths: number): number {
  return Number((millionths / 1e6).toPrecision(12))
}
