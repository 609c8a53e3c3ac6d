import { base62, base64url, digits, dot, isOf, tilde } from './alphabet.ts'
import { beginsToken, endsToken } from './borders.ts'
import { isRandom } from './credential.ts'
import type { Found } from './prefixed.ts'
import type { Runs } from './runs.ts'

/** A secret that is known by something in its middle, with where it begins. */
export interface Anchored extends Found {
  readonly start: number
}

const score = 0.95
/** All of these are long and of letters of both cases. */
const randomness = { entropy: 3.5, isEncoded: false, bothCases: true, mayBeLetters: false } as const

/** `<number>:AA…`: what a Telegram bot signs in with. `at`: the colon. */
export function findTelegram(text: string, at: number, from: number, to: number, runs: Runs): Anchored | null {
  if (text[at + 1] !== 'A') return null
  const start = startOfRun(text, at, Math.max(from, at - 17), digits)
  const numberChars = at - start
  const end = runs.endOf(at + 1, base64url)
  if (numberChars < 8 || numberChars > 10 || end - at - 1 !== 35) return null
  // In the URL of the service the word stands right before it.
  const isOfUrl = text.startsWith('bot', start - 3)
  if (!(isOfUrl || beginsToken(text, start)) || !endsToken(text, end, to)) return null
  if (!isRandom(text.slice(at + 1, end), randomness)) return null
  return { kind: 'telegram_bot_token', start, end, score }
}

const azureAlphabet = base64url | dot | tilde

/** `xxx8Q~…`: a client secret of Azure Active Directory. `at`: the tilde. */
export function findAzureSecret(text: string, at: number, from: number, to: number, runs: Runs): Anchored | null {
  const start = at - 5
  if (start < from || text[at - 1] !== 'Q' || !isOf(digits, text.charCodeAt(at - 2))) return null
  if (startOfRun(text, at, start, azureAlphabet) !== start || !beginsToken(text, start)) return null
  let end = runs.endOf(at + 1, azureAlphabet)
  // The full stop of a sentence.
  if (text[end - 1] === '.') end--
  const restChars = end - at - 1
  if (restChars < 31 || restChars > 34 || !endsToken(text, end, to)) return null
  if (!isRandom(text.slice(start, end), randomness)) return null
  return { kind: 'azure_client_secret', start, end, score }
}

const terraformMiddle = '.atlasv1.'

/** `<14 characters>.atlasv1.…`: a token of Terraform Cloud. `at`: the first full stop. */
export function findTerraform(text: string, at: number, from: number, to: number, runs: Runs): Anchored | null {
  if (!text.startsWith(terraformMiddle, at)) return null
  const start = at - 14
  if (start < from || startOfRun(text, at, start, base62) !== start) return null
  const restAt = at + terraformMiddle.length
  const end = runs.endOf(restAt, base64url)
  if (end - restAt < 60 || end - restAt > 70) return null
  if (!beginsToken(text, start) || !endsToken(text, end, to)) return null
  if (!isRandom(text.slice(restAt, end), randomness)) return null
  return { kind: 'terraform_api_token', start, end, score }
}

function startOfRun(text: string, end: number, least: number, alphabet: number): number {
  let start = end
  while (start > least && isOf(alphabet, text.charCodeAt(start - 1))) start--
  return start
}
