import { createHmac } from 'node:crypto'
import type { CheckResult } from '../contract/test-run.ts'
import type { TestCase } from '../contract/test-case.ts'
import { type JsonObject, isJsonObject, parsedJson } from '../core/json.ts'
import { resultOf } from './decide-check.ts'

export const signatureHeader = 'x-promptbox-signature'

export interface WebhookSubject {
  readonly prompt: string
  readonly version: number
  readonly testCase: TestCase
  readonly output: string
  readonly completion: JsonObject
}

/** The body that a webhook is sent. */
export function webhookBody({ prompt, version, testCase, output, completion }: WebhookSubject): string {
  const { name, variables = {}, messages = [] } = testCase
  return JSON.stringify({ prompt, version, case: name, variables, messages, output, completion })
}

/** `t=<unix seconds>,v1=<hex>`: HMAC-SHA-256 of `<t>.<body>`, so that neither can be changed or sent again much later. */
export function signature(secret: string, body: string, seconds: number): string {
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${digest}`
}

/** Reads what the webhook answered. Anything but a verdict of the agreed form is a failed check. */
export function readWebhookAnswer(status: number, text: string): CheckResult {
  if (status < 200 || status > 299) return webhookFailed(`it answered with HTTP ${status}, not 200`)
  const answer = parsedJson(text)
  if (!isJsonObject(answer)) return webhookFailed('it did not answer with a JSON object')
  const { passed, score, detail } = answer
  if (typeof passed !== 'boolean') return webhookFailed('its answer has no `passed` that is true or false')
  const scored = typeof score === 'number' ? `, score ${score}` : ''
  const because = typeof detail === 'string' && detail.trim() !== '' ? `: ${detail}` : ''
  return resultOf('webhook', { passed, detail: `${passed ? 'passed' : 'failed'}${scored}${because}` })
}

/** The webhook could not be asked, or not understood. @param reason a clause. */
export function webhookFailed(reason: string): CheckResult {
  return resultOf('webhook', { passed: false, detail: reason })
}
