import { token68 } from './alphabet.ts'
import { entropyOf, isPlaceholder, kindsOfCharacters } from './randomness.ts'
import type { Found } from './prefixed.ts'
import type { Runs } from './runs.ts'

const lookBackChars = 48
const score = 0.85
const leastTokenChars = 20
const mostTokenChars = 4_096
const leastEntropy = 3

/** `Authorization: Bearer `, and `-H "X-Api-Key: `: what stands right before the value, in small letters. */
const authorization = /authorization["']?[:=] {0,2}["']?(?:(?:api-)?(bearer|token|basic) )?$/
const keyHeader = /(?:-h|--header) {0,2}["'](?:x-)?(?:[a-z]{2,20}-)?(?:api-?)?(?:key|token): $/

/** What a header for authorization carries, or an argument of curl that sets one. `at`: where the value begins. */
export function findAuthorization(text: string, at: number, runs: Runs): Found | null {
  if (text[at - 1] !== ' ') return null
  const before = text.slice(Math.max(0, at - lookBackChars), at).toLowerCase()
  const match = authorization.exec(before)
  if (match === null && !keyHeader.test(before)) return null
  const end = runs.endOf(at, token68)
  if (end - at > mostTokenChars) return null
  const value = text.slice(at, end)
  if (match?.[1] === 'basic') return isUserAndPassword(value) ? { kind: 'authorization_basic', end, score } : null
  if (value.length < leastTokenChars || kindsOfCharacters(value) < 2 || !/\d/.test(value)) return null
  if (value.includes('...') || isPlaceholder(value) || entropyOf(value) < leastEntropy) return null
  return { kind: match === null ? 'authorization_key' : 'authorization_bearer', end, score }
}

/** Base64 of `user:password`, both of them there. */
function isUserAndPassword(value: string): boolean {
  const decoded = Buffer.from(value, 'base64').toString('latin1')
  const colon = decoded.indexOf(':')
  if (colon === -1 || decoded.length - colon - 1 < 3 || !/^[\u0020-\u007e]+$/.test(decoded)) return false
  return !isPlaceholder(decoded) && !/^(?:user|username|test|admin):(?:pass|password|test)$/i.test(decoded)
}
