import { base62, isOf } from './alphabet.ts'
import type { Anchored } from './anchored.ts'
import { isPlaceholder, kindsOfCharacters } from './randomness.ts'

const mostUserChars = 64
const leastPasswordChars = 6
const mostPasswordChars = 128
/** Fewest characters of a password without digits. */
const leastMixedChars = 12
const score = 0.8

const endsPassword = new Set(' \t\r\n"\'`<>(){}|')
/** Longer than any option with what stands around it. */
const lookBackChars = 12

/** The password in `curl -u user:password`. `at`: the colon. */
export function findCurlPassword(text: string, at: number, to: number): Anchored | null {
  let userAt = at
  const least = Math.max(0, at - mostUserChars)
  while (userAt > least && isOfUser(text, userAt - 1)) userAt--
  const before = text.slice(Math.max(0, userAt - lookBackChars), userAt)
  if (!/(?:^|\s)(?:-u|--user)(?:=| {0,2})["']?$/.test(before)) return null
  // `docker run -u 1000:1000` names a group.
  if (/^\d+$/.test(text.slice(userAt, at))) return null
  const start = /["']/.test(text.charAt(at + 1)) ? at + 2 : at + 1
  let end = start
  while (end < to && end - start <= mostPasswordChars && !endsPassword.has(text.charAt(end))) end++
  const password = text.slice(start, end)
  if (password.length < leastPasswordChars || password.length > mostPasswordChars) return null
  if (/^[$%*[]/.test(password) || !isLikePassword(password)) return null
  return isPlaceholder(password) ? null : { kind: 'curl_password', start, end, score }
}

function isOfUser(text: string, at: number): boolean {
  return isOf(base62, text.charCodeAt(at)) || '._@+-'.includes(text.charAt(at))
}

/** Words have neither digits nor capitals in the middle. */
function isLikePassword(text: string): boolean {
  if (kindsOfCharacters(text) < 2) return false
  return /\d/.test(text) || (text.length >= leastMixedChars && /[a-z][A-Z]/.test(text))
}
