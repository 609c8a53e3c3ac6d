import { z } from 'zod'
import { webhookSecretPattern } from '../contract/test-case.ts'
import { parsedJson } from '../core/json.ts'
import { signature, signatureHeader } from '../evaluation/webhook-check.ts'
import type { Finding, RemoteType } from './guardrail.ts'
import { GuardrailError, type RemoteQuestion, type RemoteServices } from './remote.ts'
import { unlessAborted } from './remote-asking.ts'
import { timeoutSetting, webhookUrlSetting } from './remote-settings.ts'
import { isBoundary } from './remote-text.ts'

const secretRule = 'must have 16 to 1000 characters'
const headerNameRule = 'must be a header name of letters, digits and `-`'
const headerValueRule = 'must be printable ASCII of at most 2000 characters'
const mostHeaders = 20

/** What the call itself says; another value would break it, or lie about who signed it. */
const ownHeaders =
  /^(?:host|content-.*|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|accept-encoding|proxy-.*|x-promptbox-.*)$/i

const headersSetting = z
  .record(
    z.string().regex(/^[A-Za-z0-9-]{1,100}$/, headerNameRule),
    z.string().regex(/^[\x20-\x7e]{0,2000}$/, headerValueRule),
  )
  .superRefine((headers, issues) => {
    const names = Object.keys(headers)
    if (names.length > mostHeaders)
      issues.addIssue({ code: 'custom', message: `must have at most ${mostHeaders} entries` })
    for (const name of names.filter((each) => ownHeaders.test(each)))
      issues.addIssue({ code: 'custom', path: [name], message: 'must not be set here: Promptbox sets it itself' })
  })
  .default({})
  .meta({ description: 'Further headers of the request, such as `authorization`. Written, and never shown again.' })

const settings = z
  .strictObject({
    url: webhookUrlSetting,
    timeout_ms: timeoutSetting(2_000),
    secret: z.string().min(16, secretRule).max(1_000, secretRule).optional().meta({
      description: 'What the request is signed with. Written, and never shown again. Left out: see `secret_env`.',
    }),
    secret_env: z
      .string()
      .regex(
        webhookSecretPattern,
        'must name an environment variable of Promptbox that begins with `PROMPTBOX_WEBHOOK_`, such as `PROMPTBOX_WEBHOOK_SECRET`',
      )
      .optional()
      .meta({
        description:
          'Environment variable of Promptbox that holds the secret instead. Both left out: the request is not signed.',
      }),
    headers: headersSetting,
  })
  .refine(({ secret, secret_env: variable }) => secret === undefined || variable === undefined, {
    path: ['secret_env'],
    message: 'must be left out when `secret` is given: there is one secret to sign with',
  })

export type WebhookGuardrailSettings = z.output<typeof settings>

/** A server of the operator's that says what it finds in a text. How one is written: docs/guardrail-webhook.md. */
export const webhook: RemoteType<WebhookGuardrailSettings> = {
  type: 'webhook',
  summary: 'Asks a server of yours, with a signed request; it may name places in the text.',
  settings,
  hasSpans: true,
  roles: ['system', 'user', 'assistant', 'tool'],
  secretSettings: ['secret', 'headers'],
  isRemote: true,
  create(chosen, services) {
    return {
      timeoutMs: chosen.timeout_ms,
      async check(question, signal) {
        const body = bodyOf(question)
        const headers = { ...chosen.headers, ...signed(body, secretOf(chosen, services)) }
        const { url, timeout_ms: timeoutMs } = chosen
        const answer = await unlessAborted(signal, () => services.callWebhook({ url, body, headers, timeoutMs }))
        if ('problem' in answer) throw new GuardrailError(answer.problem)
        return readAnswer(answer.status, answer.text, question.text)
      },
    }
  },
}

function bodyOf({ guardrail, requestId, stage, role, prompt, text, context }: RemoteQuestion): string {
  return JSON.stringify({ version: 1, guardrail, request_id: requestId, stage, role, prompt, text, context })
}

/** @returns null when it is not to be signed. @throws GuardrailError when it is, and the secret is not there. */
function secretOf(chosen: WebhookGuardrailSettings, { environment }: RemoteServices): string | null {
  const { secret, secret_env: variable } = chosen
  if (variable === undefined) return secret ?? null
  const value = Object.hasOwn(environment, variable) ? environment[variable] : undefined
  if (value === undefined || value === '')
    throw new GuardrailError(`it was not asked, because Promptbox was started without ${variable}, which is to sign it`)
  return value
}

/** With the moment in it, so that a request that somebody overheard can not be sent again much later. */
function signed(body: string, secret: string | null): Readonly<Record<string, string>> {
  return secret === null ? {} : { [signatureHeader]: signature(secret, body, Math.floor(Date.now() / 1000)) }
}

const share = z.number().min(0).max(1)
const offset = z.int().min(0)

/** Members that are not named are nobody's mistake: a receiver may say more than is asked for. */
const answerSchema = z.object({
  verdict: z.enum(['pass', 'flag', 'redact', 'block']),
  findings: z
    .array(
      z.object({
        kind: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
        start: offset.nullish(),
        end: offset.nullish(),
        score: share.nullish(),
      }),
    )
    .max(1_000)
    .nullish(),
  reason: z.string().nullish(),
})

type Answer = z.output<typeof answerSchema>
type ToldFinding = NonNullable<Answer['findings']>[number]

/** @throws GuardrailError for whatever is no verdict of the agreed form. */
function readAnswer(status: number, body: string, text: string): readonly Finding[] {
  if (status < 200 || status > 299) throw new GuardrailError(`it answered with HTTP ${status}, not 200`)
  const value = parsedJson(body)
  if (value === undefined) throw new GuardrailError('it did not answer with JSON')
  const read = answerSchema.safeParse(value)
  if (!read.success) throw new GuardrailError(`its answer is not of the agreed form, at ${placeOf(read.error)}`)
  const { verdict, findings: told } = read.data
  const findings = (told ?? []).map((finding) => readFinding(finding, text, read.data))
  if (verdict === 'pass') {
    if (findings.length > 0) throw new GuardrailError('its answer passes the text and yet has findings')
    return []
  }
  if (findings.length > 0) return findings
  if (verdict === 'redact') throw new GuardrailError('its answer wants something redacted and does not say what')
  return [findingOf('webhook', 0, text.length, 1, verdict)]
}

/** Offsets that do not fit are never put right: what was meant is unknown, and something else would be taken out. */
function readFinding({ kind, start, end, score }: ToldFinding, text: string, { verdict }: Answer): Finding {
  const sure = score ?? 1
  if ((start ?? null) === null && (end ?? null) === null) {
    if (verdict === 'redact') throw new GuardrailError('its answer wants something redacted and does not say where')
    return findingOf(kind, 0, text.length, sure, verdict)
  }
  if (typeof start !== 'number' || typeof end !== 'number')
    throw new GuardrailError('a finding in its answer has only one of `start` and `end`')
  if (start >= end || end > text.length) throw new GuardrailError('a finding in its answer lies outside the text')
  if (!isBoundary(text, start) || !isBoundary(text, end))
    throw new GuardrailError('a finding in its answer begins or ends within a character: offsets count UTF-16 units')
  return findingOf(kind, start, end, sure, verdict)
}

function findingOf(kind: string, start: number, end: number, score: number, verdict: Answer['verdict']): Finding {
  return verdict === 'flag' ? { kind, start, end, score, flagOnly: true } : { kind, start, end, score }
}

/** Where it is broken, in names of ours and numbers: what else stands there is somebody's text. */
function placeOf({ issues }: z.ZodError): string {
  const path = issues[0]?.path ?? []
  return path.length === 0 ? 'its top: it is no object' : `\`${path.map(String).join('.')}\``
}
